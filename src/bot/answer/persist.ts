import type { Clock } from '../../base/clock.ts';
import type { Sent } from '../../delivery/messages/messages.ts';
import { sendUntilTaken } from '../../delivery/messages/send-until-taken.ts';

/** Somebody waits for it. */
const persistence = { tries: 5, longestPauseMs: 5_000 };
/** Unknown message, unknown webhook. Discord also says so while an acknowledgement is still on its way. */
const notThereYet = ['10008', '10015'];

/** Sends until it is sent or refused, at most five times. `early`: "not there" may only mean "not there yet". */
export async function persist(
  clock: Clock,
  send: () => Promise<Sent>,
  { early = false }: { early?: boolean } = {},
): Promise<Sent> {
  const isWorthRepeating = (sent: Sent) =>
    sent.type === 'retry' || (early && sent.type === 'refused' && notThereYet.includes(sent.code));
  return await sendUntilTaken(clock, send, { ...persistence, isWorthRepeating });
}
