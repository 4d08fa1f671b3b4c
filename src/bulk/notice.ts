import type { Clock } from '../clock.ts';
import type { Db } from '../db/schema.ts';
import type { DeliveryJob } from '../delivery/delivery-batch.ts';
import type { Messages } from '../delivery/messages.ts';
import type { MessageBody } from '../message-body.ts';
import type { Poll, Tally } from '../polls/poll.ts';
import { loadPolls, tallies } from '../polls/poll-store.ts';
import { everyServer } from '../polls/scope.ts';
import { cut, escapeText } from '../polls/text.ts';
import type { OperationRow } from './operation.ts';

/** Attempts before a notice that Discord keeps pushing back becomes a remark. */
const maxAttempts = 5;

/**
 * Posts one message a poll in its channel, naming the poll and its result. Each carries a nonce of its own, so a repeat
 * within a few minutes posts nothing twice. Returns the remark for the report where Discord refused, else null.
 */
export async function postNotice(
  deps: { db: Db; messages: Messages; clock: Clock },
  operation: OperationRow,
  jobs: readonly DeliveryJob[],
): Promise<string | null> {
  const ids = jobs.map((job) => job.pollId);
  const polls = await loadPolls(deps.db, everyServer, ids);
  const counts = await tallies(deps.db, ids);
  let remark: string | null = null;
  for (const job of jobs) {
    const poll = polls.get(job.pollId);
    const tally = counts.get(job.pollId);
    if (!poll || !tally) continue;
    const refusal = await post(deps, poll, noticeBody(poll, tally), `note-${operation.id}-${poll.id}`);
    remark ??= refusal === null ? null : `notify: ${refusal}`;
  }
  return remark;
}

async function post(
  deps: { messages: Messages; clock: Clock },
  poll: Poll,
  body: MessageBody,
  nonce: string,
): Promise<string | null> {
  for (let attempt = 1; ; attempt++) {
    const sent = await deps.messages.post(poll.channelId, body, nonce);
    if (sent.type === 'sent') return null;
    if (sent.type === 'refused') return sent.reason;
    if (attempt === maxAttempts) return sent.reason;
    await deps.clock.sleep(Math.max(sent.afterMs, 250 * 2 ** attempt));
  }
}

function noticeBody(poll: Poll, tally: Tally): MessageBody {
  const most = Math.max(0, ...tally.counts);
  const leading = poll.options.filter((_option, index) => most > 0 && tally.counts[index] === most);
  const votes = most === 1 ? '1 vote' : `${most} votes`;
  const names = leading.map((option) => escapeText(cut(option, 100))).join(', ');
  const result =
    leading.length === 0
      ? 'Nobody voted.'
      : leading.length === 1
        ? `Result: ${names} with ${votes}.`
        : `Result: a tie with ${votes} each: ${names}.`;
  return {
    content: cut(`Poll #${poll.id} is closed: **${escapeText(cut(poll.question, 200))}**\n${result}`, 1900),
  };
}
