/** What a process gets that asks for nothing, so that what a person wants of it starts at once. */
const leastShare = 2;

/**
 * Divides `total` requests among processes by what they demand (max-min fairness). Each gets a little. Then all that
 * want more get one more in turn, until nothing is left. What nobody asks for goes to those that are at work. The
 * result is in the order of `demands`. Every process computes the same from the same figures.
 */
export function fairShares(demands: readonly number[], total: number): number[] {
  const floor = Math.max(1, Math.min(leastShare, Math.floor(total / Math.max(1, demands.length))));
  const shares = demands.map(() => floor);
  let left = total - floor * demands.length;
  const giveTo = (wants: (i: number) => boolean) => {
    for (;;) {
      const some = shares.map((_, i) => i).filter(wants);
      if (left <= 0 || some.length === 0) return;
      for (const i of some.slice(0, left)) {
        shares[i]! += 1;
        left -= 1;
      }
    }
  };
  giveTo((i) => shares[i]! < demands[i]!);
  giveTo((i) => demands[i]! > floor);
  return shares;
}

/** Whether a process asks for more than everybody gets. */
export function isAtWork(demand: number): boolean {
  return demand > leastShare;
}
