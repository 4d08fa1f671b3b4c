import type { MessageFile } from '../../base/message-body.ts';
import type { Audience } from '../words/naming.ts';
import type { ChainVerdict } from './audit-chain.ts';
import type { AuditedPoll, AuditRecord } from './audit-record.ts';

/**
 * Everything that is known of an operation, as JSON. Readers who act within one server do not see ids of other
 * servers.
 */
export function auditFile(
  record: AuditRecord,
  polls: readonly AuditedPoll[],
  chain: ChainVerdict,
  audience: Audience,
): MessageFile {
  const entries = record.entries.map(
    ({ id, at, actor_id, process: processId, event, details, prev_hash, hash }) => ({
      row: id,
      at,
      actor: actor_id,
      process: processId,
      event,
      details: withoutForeign(details, audience),
      previousHash: prev_hash,
      hash,
    }),
  );
  const text = JSON.stringify({ operation: record.operationId, entries, polls, chain }, null, 2);
  return { name: `audit-${record.operationId}.json`, data: Buffer.from(`${text}\n`) };
}

/** Leaves out where something was pressed if that was in another server: it is none of this server's business. */
export function withoutForeign(
  details: Record<string, unknown>,
  audience: Audience,
): Record<string, unknown> {
  const foreign =
    audience.serverId !== null && details.server !== undefined && details.server !== audience.serverId;
  return foreign ? { ...details, server: 'another server', channel: 'a channel of another server' } : details;
}
