import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { fold } from './fold.ts';
import type { Scope } from './scope.ts';

export interface Server {
  readonly id: string;
  readonly name: string;
}

/** Which shards, of how many. */
export interface Shards {
  readonly count: number;
  readonly ids: readonly number[];
}

/** Notes that the bot is in these servers, under these names. */
export async function noteServers(db: Db, servers: readonly Server[]): Promise<void> {
  if (servers.length === 0) return;
  const [ids, names] = [servers.map(({ id }) => id), servers.map(({ name }) => name)];
  await sql`
    insert into servers (guild_id, name, name_folded)
    select * from unnest(${ids}::text[], ${names}::text[], ${names.map(fold)}::text[]) as told (guild_id, name, folded)
    order by guild_id
    on conflict (guild_id) do update set name = excluded.name, name_folded = excluded.name_folded
      where servers.name <> excluded.name`.execute(db);
}

export async function forgetServer(db: Db, serverId: string): Promise<void> {
  await db.deleteFrom('servers').where('guild_id', '=', serverId).execute();
}

/**
 * Forgets every server of these shards that is not `present`: the bot left it while nobody was told. A server's shard
 * is `(id >> 22) % count` (Discord's gateway documentation, "Sharding").
 */
export async function forgetOtherServers(db: Db, shards: Shards, present: readonly string[]): Promise<void> {
  await sql`
    delete from servers
    where (guild_id::bigint >> 22) % ${shards.count}::int = any(${[...shards.ids]}::int[])
      and not guild_id = any(${[...present]}::text[])`.execute(db);
}

/** Servers in scope whose name contains the text, ignoring case, or whose id begins with it. Ordered by name. */
export async function searchServers(db: Db, scope: Scope, text: string, limit: number): Promise<Server[]> {
  const wanted = fold(text.trim());
  return await db
    .selectFrom('servers')
    .select(['guild_id as id', 'name'])
    .where((eb) => (scope.all ? eb.lit(true) : eb('guild_id', '=', scope.serverId)))
    .where(sql<boolean>`(strpos(name_folded, ${wanted}) > 0 or starts_with(guild_id, ${wanted}))`)
    .orderBy('name_folded')
    .orderBy('guild_id')
    .limit(limit)
    .execute();
}

/** Every server, for a caller that keeps them in memory. */
export async function allServers(db: Db): Promise<Server[]> {
  return await db.selectFrom('servers').select(['guild_id as id', 'name']).execute();
}
