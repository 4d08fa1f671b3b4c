/** Whose polls and operations somebody may see and act on: those of every server, or those of one. */
export type Scope = { readonly all: true } | { readonly all: false; readonly serverId: string };

export const everyServer: Scope = { all: true };

/** The scope of a server admin. */
export function oneServer(serverId: string): Scope {
  return { all: false, serverId };
}

export function inScope(scope: Scope, serverId: string): boolean {
  return scope.all || scope.serverId === serverId;
}

/** The scope as a key in a table: a server's id, or '' for every server. */
export function scopeKey(scope: Scope): string {
  return scope.all ? '' : scope.serverId;
}
