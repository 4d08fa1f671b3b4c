import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Scope } from '../polls/scope.ts';

/**
 * SQL condition on rows of `operations`: those that an admin with this scope may see. The same rule as `mayControl`: all
 * for super admins; else those started for this server, and those of super admins whose polls are all in it.
 */
export function visibleTo(scope: Scope): RawBuilder<SqlBool> {
  if (scope.all) return sql<SqlBool>`true`;
  const inOwn = sql`select from operation_items as item join polls as poll on poll.id = item.poll_id
    where item.operation_id = operations.id and item.state <> 'excluded' and poll.guild_id`;
  return sql<SqlBool>`(operations.scope_guild_id = ${scope.guildId} or (operations.scope_guild_id is null
    and exists (${inOwn} = ${scope.guildId}) and not exists (${inOwn} <> ${scope.guildId})))`;
}
