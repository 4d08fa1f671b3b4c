import { sql } from 'kysely';
import { counted } from '../../base/display/plural.ts';
import { UserError } from '../../base/errors.ts';
import type { Db } from '../../db/schema.ts';
import { discordTime } from '../../polls/time.ts';

/** How many previews may be open at once. */
export interface PreviewLimits {
  readonly previewsPerServer: number;
  readonly previewsPerAdmin: number;
}

/**
 * Throws `UserError` if this person or this server has as many open previews as they may. It says which limit that
 * is, and when there is room again. Each open preview keeps up to a thousand rows.
 */
export async function assertRoomForPreview(
  db: Db,
  { adminId, serverId }: { readonly adminId: string; readonly serverId: string },
  { previewsPerServer, previewsPerAdmin }: PreviewLimits,
): Promise<void> {
  const { rows } = await sql<{ own: number; server: number; own_end: Date | null; server_end: Date | null }>`
    select count(*) filter (where admin_id = ${adminId})::int as own,
      count(*) filter (where guild_id = ${serverId})::int as server,
      min(expires_at) filter (where admin_id = ${adminId}) as own_end,
      min(expires_at) filter (where guild_id = ${serverId}) as server_end
    from operations where state = 'draft' and expires_at > now()`.execute(db);
  const { own, server, own_end, server_end } = rows[0]!;
  if (own >= previewsPerAdmin) throw tooMany('You have', own, 'one person', own_end);
  if (server >= previewsPerServer) throw tooMany('This server has', server, 'one server', server_end);
}

function tooMany(who: string, open: number, whose: string, end: Date | null): UserError {
  const next = end ? `; the oldest ends ${discordTime(end, 'R')}` : '';
  return new UserError(
    `${who} ${counted(open, 'open preview')}, as many as ${whose} may have. Nothing was changed. Press \`Confirm\` or \`Cancel\` on some, or wait${next}.`,
  );
}
