import { discordLimits } from '../../base/display/discord-limits.ts';
import { UserError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { MessageBody } from '../../base/message-body.ts';
import { databaseFault } from '../../db/server/database-fault.ts';
import { cut } from '../../polls/text.ts';

/** What the caller is told of an error. Only an expected refusal says what happened. The rest is for the log. */
export function refusalOf(error: unknown, { id }: { readonly id: string }, log: Logger): MessageBody {
  if (error instanceof UserError) return { content: cut(error.message, discordLimits.content) };
  if (databaseFault(error) !== null) {
    log.warn({ err: error, interaction: id }, 'the database was away for too long');
    return {
      content:
        'Gavel cannot reach its database at the moment, so it does not know whether this was done. Wait a minute, look, and do it again if it was not.',
    };
  }
  const reference = BigInt(id).toString(36).slice(-8);
  log.error({ err: error, interaction: id, reference }, 'an interaction failed');
  return { content: `Something went wrong (reference \`${reference}\`). Please try again.` };
}
