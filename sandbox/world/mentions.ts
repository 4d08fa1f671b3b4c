/** Stands in for the choice of whom a message pings (Discord's reference, "Allowed Mentions Object"). */

/** Whom a message pings. */
export interface Mentions {
  readonly users: readonly string[];
  readonly roles: readonly string[];
  readonly everyone: boolean;
}

export interface AllowedMentions {
  readonly parse?: readonly (string | null)[] | null;
  readonly users?: readonly (string | null)[] | null;
  readonly roles?: readonly (string | null)[] | null;
  readonly replied_user?: boolean | null;
}

export const nobody: Mentions = { users: [], roles: [], everyone: false };

/**
 * Who is pinged by `content`. Without `allowed` (a body that leaves `allowed_mentions` out) the defaults hold:
 * everybody who is named is pinged. Embeds never ping. `mayPing`: whether the author may ping a role, or 'everyone'.
 * Source: Discord's reference, "Allowed Mentions Object".
 */
export function resolveMentions(
  content: string,
  allowed: AllowedMentions | null | undefined,
  mayPing: (what: string) => boolean,
): Mentions {
  const parse = allowed ? (allowed.parse ?? []) : ['users', 'roles', 'everyone'];
  const passes = (kind: string, list: readonly (string | null)[] | null | undefined, id: string) =>
    parse.includes(kind) || (list ?? []).includes(id);
  const users = all(content, /<@!?(\d{17,20})>/g).filter((id) => passes('users', allowed?.users, id));
  const roles = all(content, /<@&(\d{17,20})>/g)
    .filter((id) => passes('roles', allowed?.roles, id))
    .filter(mayPing);
  const everyone = parse.includes('everyone') && /@(everyone|here)\b/.test(content) && mayPing('everyone');
  return { users, roles, everyone };
}

function all(content: string, pattern: RegExp): string[] {
  return [...new Set([...content.matchAll(pattern)].map((match) => match[1]!))];
}
