import { UserError } from '../../../src/base/errors.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller } from '../../../src/bot/caller.ts';
import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { renderAudit } from '../../../src/bulk/audit/audit-embed.ts';
import { auditFile } from '../../../src/bulk/audit/audit-file.ts';
import { verifyRecent } from '../../../src/bulk/audit/audit-head.ts';
import { mayReadAudit, readAudit, readAuditedPolls } from '../../../src/bulk/audit/audit-record.ts';
import { findOperation } from '../../../src/bulk/operation-store.ts';
import { isRowId } from '../../../src/db/row-id.ts';
import { everyServer } from '../../../src/polls/scope.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { audienceWithin, requireAdmin } from '../request/caller.ts';
import { knownOperation } from '../request/known-operation.ts';
import { operationIn, operationOption } from '../request/operation-option.ts';

/** `/bulk audit`: what the trail says of an operation, and whether the trail can be trusted. */
export function auditSubcommand(services: BulkServices): Subcommand {
  return {
    definition: subcommandDefinition(
      'audit',
      'Who did what, when, from where and with which result; verifies the audit chain',
      operationOption('required'),
    ),
    acknowledge: 'private',
    run: ({ interaction, caller }) => audit(services, operationIn(interaction), caller),
  };
}

async function audit(services: BulkServices, id: number, caller: Caller): Promise<MessageBody> {
  const { db, names } = services;
  const scope = requireAdmin(caller);
  const record = isRowId(id) ? await readAudit(db, id) : null;
  // The trail is kept for ever, the operation is not. Once it is gone, the trail itself says who may read it.
  const kept = (await findOperation(db, everyServer, id)) !== null;
  if (kept || !record || !mayReadAudit(record, scope)) await knownOperation(services, id, caller);
  const audience = audienceWithin(scope);
  const chain = await verifyRecent(db, id);
  if (!record) {
    const verdict = chain.broken ? ` It is broken at row ${chain.broken.id}: ${chain.broken.why}.` : '';
    throw new UserError(
      `Operation #${id} was confirmed, but the audit trail does not tell of it: somebody removed it.${verdict}`,
    );
  }
  const file = auditFile(record, await readAuditedPolls(db, id), chain, audience);
  return renderAudit({ record, chain, file }, names, audience);
}
