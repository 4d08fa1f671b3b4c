import type { Clock } from '../../base/clock.ts';
import { plural } from '../../base/display/plural.ts';
import type { Db } from '../../db/schema.ts';
import type { Batch } from '../../delivery/delivery-batch.ts';
import type { Messages } from '../../delivery/messages/messages.ts';
import type { ExportWish } from '../kinds/operation-kind.ts';
import type { Lease } from '../lifecycle/fence.ts';
import { loadOperation } from '../operation-store.ts';
import type { Names } from '../words/naming.ts';
import { formatPollNumbers } from '../words/poll-numbers.ts';
import { exportRow } from './export-row.ts';
import {
  countSentFiles,
  type ExportOutcome,
  mostOptions,
  readPlanned,
  settleExported,
} from './export-store.ts';
import { exportText } from './export-text.ts';
import { type FilePart, type FilePiece, fileParts, largestFile } from './file-parts.ts';
import { sendPrivately } from './send-privately.ts';

export interface ExportDeps {
  readonly db: Db;
  readonly messages: Messages;
  readonly names: Names;
  readonly clock: Clock;
  /** How many bytes a file may have. Default: what Discord takes. */
  readonly largestFile?: number;
}

/**
 * How many polls are read and written at once: a tenth of a second in which nothing else is done. With their voters
 * each can be long.
 */
const pollsAtOnce = 100;
const pollsAtOnceWithVoters = 20;

/** How long an export of so many polls takes, generously, in milliseconds: reading, compressing, one or two uploads. */
export function expectedExportMs(polls: number): number {
  return 1000 + 2 * polls;
}

export interface Sending {
  readonly wish: ExportWish;
  /** Settles when the press that started it has had its response, which a follow-up must not overtake. */
  readonly answered: Promise<unknown>;
  /** Discord refuses the token. */
  readonly onAbort: (reason: string) => void;
}

/**
 * Writes an operation's planned polls to files and sends them to its admin. A poll is done when Discord has taken the
 * file that it is in, and its item says which file that is. So after a crash or a pause only the polls that no sent
 * file holds are written. Between Discord's answer and that commit lies the one moment in which a crash repeats a
 * file. `answered` settles when the press that started it has had its response, which a follow-up must not overtake.
 */
export function exportFiles(deps: ExportDeps, lease: Lease, sending: Sending): Batch {
  const stopping = new AbortController();
  const finished = send(deps, lease, sending, stopping.signal);
  return {
    finished,
    stop: async () => {
      stopping.abort();
      await finished;
    },
  };
}

async function send(
  deps: ExportDeps,
  lease: Lease,
  { wish, answered, onAbort }: Sending,
  signal: AbortSignal,
): Promise<void> {
  await answered;
  const { db, clock } = deps;
  const text = exportText(wish, await mostOptions(db, lease.operationId));
  let files = await countSentFiles(db, lease.operationId);
  const pieces = plannedPieces(deps, lease, wish, text.text);
  for await (const part of fileParts(pieces, text, deps.largestFile ?? largestFile)) {
    if (signal.aborted) return;
    const name = `operation-${lease.operationId}-polls${files === 0 ? '' : `-${files + 1}`}.${text.extension}${part.compressed ? '.gz' : ''}`;
    const outcome = await sendPart(deps, lease, { ...part, name }, signal);
    if (outcome === null) return;
    if (outcome.code === '401') return onAbort(outcome.message);
    await settleExported(db, lease, { ...outcome, pollIds: part.pollIds }, clock.now());
    if (outcome.state === 'done') files += 1;
  }
}

/** The texts of the planned polls, read chunk by chunk. Those that were deleted meanwhile are skipped on the way. */
async function* plannedPieces(
  { db, names, clock }: ExportDeps,
  lease: Lease,
  wish: ExportWish,
  text: (row: ReturnType<typeof exportRow>) => string,
): AsyncGenerator<FilePiece> {
  const limit = wish.voters ? pollsAtOnceWithVoters : pollsAtOnce;
  for (let after = 0; ; ) {
    const polls = await readPlanned(db, lease.operationId, { after, limit, voters: wish.voters });
    const gone = polls.filter(({ read }) => read === null).map(({ id }) => id);
    if (gone.length > 0) await settleExported(db, lease, { ...deletedMeanwhile, pollIds: gone }, clock.now());
    for (const { id, read } of polls) {
      if (read !== null) yield { pollId: id, text: text(exportRow(read, wish, names)) };
    }
    const last = polls.at(-1);
    if (!last) return;
    after = last.id;
  }
}

/** Null if it was stopped before Discord answered. */
async function sendPart(
  deps: ExportDeps,
  lease: Lease,
  { pollIds, data, name }: FilePart & { readonly name: string },
  signal: AbortSignal,
): Promise<ExportOutcome | null> {
  if (data === null) return tooLarge;
  const operation = await loadOperation(deps.db, lease.operationId);
  const count =
    pollIds.length === operation.total ? `${operation.total}` : `${pollIds.length} of ${operation.total}`;
  const to = {
    userId: operation.admin_id,
    token: operation.progress_token,
    tokenExpiresAt: operation.progress_token_expires_at,
  };
  const message = {
    body: {
      content: `Export of Operation #${operation.id}: ${count} ${plural(operation.total, 'poll')} (${formatPollNumbers(pollIds, 6)}).`,
      files: [{ name, data }],
    },
    nonce: `f-${operation.id}-${pollIds[0]}`,
  };
  const sent = await sendPrivately(deps, to, message, signal);
  if (sent === null) return null;
  if (sent.type === 'refused') {
    return {
      state: 'failed',
      code: sent.code,
      message: `the file could not be sent: ${sent.reason}`,
      file: null,
    };
  }
  const file = { name, bytes: data.length, sent: sent.way };
  return { state: 'done', code: null, message: `${name}, sent ${sent.way}`, file };
}

const deletedMeanwhile: ExportOutcome = {
  state: 'skipped',
  code: null,
  message: 'deleted meanwhile',
  file: null,
};

const tooLarge: ExportOutcome = {
  state: 'failed',
  code: 'too large',
  message: 'with its voters it alone is larger than a file may be; export it without `voters`',
  file: null,
};
