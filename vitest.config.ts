import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take minutes begin at once, so that nobody waits for them alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const takesMinutes = ({ moduleId }: TestSpecification) =>
      /\/(thousand-polls|readme|failing-statements|rights-restart|crash|failing-poll)\.test\.ts$/.test(
        moduleId,
      );
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => Number(takesMinutes(b)) - Number(takesMinutes(a)));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    isolate: false,
    pool: 'forks',
    // Most of their time they wait for what the bot does in seconds: two cores carry four.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
  },
});
