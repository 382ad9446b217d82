/** Who belongs to an inbox and who sees it, as the API and the router count them; pure. */

interface Inbox {
  member_ids: readonly string[];
  team_ids: readonly string[];
}
interface Team {
  id: string;
  member_ids: readonly string[];
}

interface Agent {
  id: string;
  role: 'administrator' | 'manager' | 'agent';
}

/** The ids of its own members and those of its teams, each once. */
export function memberIds(inbox: Inbox, teams: readonly Team[]): Set<string> {
  const ofTeams = teams.filter((one) => inbox.team_ids.includes(one.id)).flatMap((one) => one.member_ids);
  return new Set([...inbox.member_ids, ...ofTeams]);
}

/** Those of these agents who belong to all of the inboxes. */
export function membersOfAll<A extends { id: string }>(
  inboxes: readonly Inbox[],
  agents: readonly A[],
  teams: readonly Team[],
): A[] {
  const ids = inboxes.map((one) => memberIds(one, teams));
  return agents.filter((agent) => ids.every((members) => members.has(agent.id)));
}

/** Those of these agents who can open what lies in all of the inboxes: administrators, and who belongs there. */
export function whoSeesAll<A extends Agent>(
  inboxes: readonly Inbox[],
  agents: readonly A[],
  teams: readonly Team[],
): A[] {
  const ids = inboxes.map((one) => memberIds(one, teams));
  return agents.filter((agent) => agent.role === 'administrator' || ids.every((members) => members.has(agent.id)));
}

/** The teams for which a conversation of each of the inboxes can wait: that serve it, or with one of these agents who
 * can open it. */
export function teamsForAll<T extends Team>(
  inboxes: readonly Inbox[],
  agents: readonly Agent[],
  teams: readonly T[],
): T[] {
  const seeing = inboxes.map((one) => new Set(whoSeesAll([one], agents, teams).map((agent) => agent.id)));
  return teams.filter((team) =>
    inboxes.every(
      (inbox, place) =>
        inbox.team_ids.includes(team.id) || team.member_ids.some((agent_id) => seeing[place]?.has(agent_id)),
    ),
  );
}
