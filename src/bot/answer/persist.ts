import type { Clock } from '../../base/clock.ts';
import type { Sent } from '../../delivery/messages/messages.ts';

const attempts = 5;
const longestPauseMs = 5000;
/** Unknown message, unknown webhook: also what Discord says while an acknowledgement is still on its way. */
const notThereYet = ['10008', '10015'];

/** Sends until it is sent or refused, at most five times. `early`: "not there" may only mean "not there yet". */
export async function persist(
  clock: Clock,
  send: () => Promise<Sent>,
  { early = false }: { early?: boolean } = {},
): Promise<Sent> {
  for (let attempt = 1; ; attempt += 1) {
    const sent = await send();
    const again =
      sent.type === 'retry' || (early && sent.type === 'refused' && notThereYet.includes(sent.code));
    if (!again || attempt === attempts) return sent;
    const pause = sent.type === 'retry' ? sent.afterMs : 0;
    await clock.sleep(Math.min(Math.max(pause, 250 * 2 ** attempt), longestPauseMs));
  }
}
