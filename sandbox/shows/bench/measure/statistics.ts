/** The value below which the share (0 to 1) of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** A frame of a progress message: when it could be seen, and the count it shows. */
export interface CountFrame {
  readonly at: number;
  readonly count: number;
}

/**
 * The longest time, in ms, for which the frames showed less than was true: from each event to the first frame that
 * counts it.
 */
export function largestLag(happenedAt: readonly number[], frames: readonly CountFrame[]): number {
  const inOrder = happenedAt.toSorted((a, b) => a - b);
  const lags = inOrder.map((at, i) => {
    const frame = frames.find(({ count }) => count > i);
    return frame === undefined ? Number.POSITIVE_INFINITY : frame.at - at;
  });
  return Math.max(0, ...lags);
}
