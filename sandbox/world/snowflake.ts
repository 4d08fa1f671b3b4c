/** First millisecond of Discord's ids: 2015-01-01T00:00:00Z (Discord's reference, "Snowflakes"). */
const epoch = 1_420_070_400_000n;

/**
 * Makes ids in Discord's own format: 42 bits of milliseconds since 2015, then 22 bits that count. `atMs` (Unix
 * milliseconds) may lie in the past, so that a message can be born old.
 */
export function createSnowflakes(): (atMs: number) => string {
  let count = 0n;
  return (atMs) => {
    count = (count + 1n) & 0x3fffffn;
    return (((BigInt(Math.floor(atMs)) - epoch) << 22n) | count).toString();
  };
}

/** The Unix milliseconds at which an id was made. */
export function timestampOf(id: string): number {
  return Number((BigInt(id) >> 22n) + epoch);
}
