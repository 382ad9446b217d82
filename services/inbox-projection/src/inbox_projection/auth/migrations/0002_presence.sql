-- Agents who have logged in. Sessions that are over by themselves are told by their rows; of those that were ended here
-- is when. offline_for: the end of the last session for which the agent was taken offline, once for each end.
create table auth.presence (
    agent_id      uuid primary key,
    ended_at      timestamptz,
    offline_for   timestamptz
);
insert into auth.presence (agent_id) select distinct agent_id from auth.sessions;
