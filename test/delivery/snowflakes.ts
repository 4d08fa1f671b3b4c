import { snowflakeAt } from '../../src/delivery/request-kind.ts';

/** A message id of that time; `serial` tells those of one millisecond apart. */
export function messageIdAt(ms: number, serial = 0): string {
  return String(BigInt(snowflakeAt(ms)) + BigInt(serial));
}

/** A channel id as real ones look. */
export function channelId(serial: number): string {
  return messageIdAt(Date.parse('2024-01-01T00:00:00Z'), serial);
}
