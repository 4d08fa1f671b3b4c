import { describe, expect, test } from 'vitest';
import { fairShares } from '../../../src/delivery/pace/fair-shares.ts';
import { seeded } from '../random.ts';

describe('the shares of processes', () => {
  test('leave the only one everything, and those at rest a little', () => {
    expect(fairShares([50], 50)).toEqual([50]);
    expect(fairShares([9], 50)).toEqual([50]);
    expect(fairShares([50, 0, 0], 50)).toEqual([46, 2, 2]);
    expect(fairShares([0, 0], 50)).toEqual([2, 2]);
  });

  test('are equal for equal demands, and what one does not need goes to the others', () => {
    expect(fairShares([50, 50], 50)).toEqual([25, 25]);
    expect(fairShares([12, 50], 50)).toEqual([12, 38]);
    expect(fairShares([8, 8], 50)).toEqual([25, 25]);
    expect(fairShares([50, 50, 50, 0], 50)).toEqual([16, 16, 16, 2]);
  });

  test('never add up to more than there is, and never leave anybody without', () => {
    const seed = 20261125;
    const random = seeded(seed);
    for (let round = 0; round < 500; round += 1) {
      const demands = Array.from({ length: 1 + Math.floor(random() * 20) }, () => Math.floor(random() * 51));
      const shares = fairShares(demands, 50);
      const sum = shares.reduce((one, other) => one + other, 0);
      expect(sum, `seed ${seed}, ${demands}`).toBeLessThanOrEqual(50);
      expect(Math.min(...shares), `seed ${seed}, ${demands}`).toBeGreaterThanOrEqual(1);
      if (demands.some((demand) => demand > 2)) expect(sum, `seed ${seed}, ${demands}`).toBe(50);
    }
  });
});
