import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Scope } from '../polls/scope.ts';

/**
 * SQL condition on confirmed rows of `operations`: those that an admin with this scope may see and act on. Super
 * admins: all. Others: those that were started for this server, and those of super admins whose polls were all in it
 * when they were confirmed. The polls themselves may be purged by now, and that must not change who may see an
 * operation.
 */
export function visibleTo(scope: Scope): RawBuilder<SqlBool> {
  if (scope.all) return sql<SqlBool>`true`;
  return sql<SqlBool>`(operations.scope_guild_id = ${scope.serverId} or (operations.scope_guild_id is null
    and exists (select from audit where audit.operation_id = operations.id and audit.event = 'confirmed'
      and audit.details->'servers' = jsonb_build_array(${scope.serverId}::text))))`;
}
