/** Who belongs to an inbox: its own members and those of its teams, as the API and the router count them; pure. */

interface Inbox {
  member_ids: readonly string[];
  team_ids: readonly string[];
}
interface Team {
  id: string;
  member_ids: readonly string[];
}

/** The ids, each once. */
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
