import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { discordLimits } from '../../base/display/discord-limits.ts';
import { counted } from '../../base/display/plural.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { Db } from '../../db/schema.ts';
import type { DeliveryJob } from '../../delivery/delivery-batch.ts';
import type { Messages } from '../../delivery/messages/messages.ts';
import { sendUntilTaken } from '../../delivery/messages/send-until-taken.ts';
import type { SeenMessage } from '../../delivery/sending/own-messages.ts';
import type { Poll, Tally } from '../../polls/poll.ts';
import { loadPolls, tallies } from '../../polls/poll-store.ts';
import { everyServer } from '../../polls/scope.ts';
import { cut, escapeText } from '../../polls/text.ts';
import type { OperationRow } from '../operation.ts';
import { retryTree } from './retry-tree.ts';

/** After so many tries a notice that Discord keeps pushing back becomes a remark. */
const tries = 5;

export interface NoticeDeps {
  readonly db: Db;
  readonly messages: Messages;
  readonly clock: Clock;
}

/**
 * Posts one message for each poll in its channel, once, with the poll, its result and the operation. The try is noted
 * beforehand. A process that comes after a crash first looks for the message, and so does a retry for those of the
 * operations that it retries. Returns the remark for the report if Discord refused, else null.
 */
export async function postNotice(
  deps: NoticeDeps,
  operation: OperationRow,
  jobs: readonly DeliveryJob[],
): Promise<string | null> {
  const ids = jobs.map((job) => job.pollId);
  const polls = await loadPolls(deps.db, everyServer, ids);
  const counts = await tallies(deps.db, ids);
  const tree = await retryTree(deps.db, operation.id);
  const tried = await recordTried(deps.db, operation.id, tree, ids);
  let remark: string | null = null;
  for (const job of jobs) {
    const poll = polls.get(job.pollId);
    const tally = counts.get(job.pollId);
    if (!poll || !tally) continue;
    const notice = { poll, body: noticeBody(poll, tally, operation.id), triedAt: tried.get(poll.id) ?? null };
    const refusal = await post(deps, operation.id, tree, notice);
    remark ??= refusal === null ? null : `notify: ${refusal}`;
  }
  return remark;
}

/**
 * Notes that the notices are tried now. Returns when an earlier try was noted, here or in `tree`, for those that had
 * one.
 */
async function recordTried(
  db: Db,
  operationId: number,
  tree: readonly number[],
  pollIds: readonly number[],
): Promise<Map<number, Date>> {
  const { rows } = await sql<{ poll_id: number; tried_at: Date | null }>`
    with before as (
      select poll_id, notice_tried_at from operation_items
      where operation_id = ${operationId} and poll_id = any(${[...pollIds]}::int[])
      order by poll_id for update
    )
    update operation_items as item set notice_tried_at = coalesce(item.notice_tried_at, clock_timestamp())
    from before where item.operation_id = ${operationId} and item.poll_id = before.poll_id
    returning item.poll_id, least(before.notice_tried_at, (
      select min(other.notice_tried_at) from operation_items as other
      where other.operation_id = any(${[...tree]}::int[]) and other.operation_id <> ${operationId}
        and other.poll_id = item.poll_id)) as tried_at`.execute(db);
  return new Map(rows.flatMap(({ poll_id, tried_at }) => (tried_at ? [[poll_id, tried_at]] : [])));
}

async function post(
  deps: { messages: Messages; clock: Clock },
  operationId: number,
  tree: readonly number[],
  { poll, body, triedAt }: { poll: Poll; body: MessageBody; triedAt: Date | null },
): Promise<string | null> {
  const isIt = ({ content }: SeenMessage) => isNotice(content ?? '', poll.id, tree);
  const lost = triedAt && { triedAt, isIt };
  const nonce = `note-${operationId}-${poll.id}`;
  const send = () => deps.messages.post(poll.channelId, body, nonce, lost);
  const sent = await sendUntilTaken(deps.clock, send, { tries });
  return sent.type === 'sent' ? null : sent.reason;
}

/** Whether a message is the notice of this poll by any of these operations. */
function isNotice(content: string, pollId: number, operations: readonly number[]): boolean {
  return (
    content.startsWith(`Poll #${pollId} is closed: `) &&
    operations.some((operationId) => content.endsWith(signature(operationId)))
  );
}

function signature(operationId: number): string {
  return `\n-# By operation ${operationId}`;
}

function noticeBody(poll: Poll, tally: Tally, operationId: number): MessageBody {
  const most = Math.max(0, ...tally.counts);
  const leading = poll.options.filter((_option, index) => most > 0 && tally.counts[index] === most);
  const votes = counted(most, 'vote');
  const names = leading.map((option) => escapeText(cut(option, 100))).join(', ');
  const result =
    leading.length === 0
      ? 'Nobody voted.'
      : leading.length === 1
        ? `Result: ${names} with ${votes}.`
        : `Result: a tie with ${votes} each: ${names}.`;
  const text = `Poll #${poll.id} is closed: **${escapeText(cut(poll.question, 200))}**\n${result}`;
  const end = signature(operationId);
  return {
    content: `${cut(text, discordLimits.content - end.length)}${end}`,
  };
}
