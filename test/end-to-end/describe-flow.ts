import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { type DatabaseKind, type FlowOptions, FlowScene } from './flow-scene.ts';

/** Declares tests on one bot that starts before them; after each of them the rules that always hold are checked. */
export function describeFlow(
  name: string,
  options: FlowOptions & { readonly databases?: readonly DatabaseKind[] },
  declare: (scene: () => FlowScene) => void,
): void {
  for (const kind of options.databases ?? ['postgres']) {
    describe(`${name} (${kind === 'pglite' ? 'embedded' : 'PostgreSQL'})`, () => {
      let scene: FlowScene | undefined;
      beforeAll(async () => {
        scene = await FlowScene.start(kind, options);
      });
      afterAll(() => scene?.stop());
      afterEach(() => {
        if (scene) expectNothingBroken(scene);
      });
      declare(() => scene!);
    });
  }
}

/** Discord found no fault, everything was answered in time, and nobody was pinged but by the role that a test names. */
export function expectNothingBroken(scene: FlowScene): void {
  const { sandbox } = scene;
  // Taken out, so that one test's trouble is not the next one's.
  const [problems, violations] = [scene.problems.splice(0), [...sandbox.violations]];
  sandbox.clearLog();
  expect(violations).toEqual([]);
  expect(problems).toEqual([]);
  const late = [...sandbox.world.interactions.values()].filter(
    ({ acknowledgedAt, createdAt }) => acknowledgedAt === null || acknowledgedAt - createdAt >= 3000,
  );
  expect(late.map(({ payload }) => payload)).toEqual([]);
  expect(pings(sandbox)).toEqual([]);
}

function pings(sandbox: Sandbox): string[] {
  return sandbox.messages.flatMap((message) =>
    message.versions
      .filter(({ content }) => !/^<@&\d+> Poll #\d+ is open/.test(content))
      .filter(({ mentions }) => mentions.everyone || mentions.users.length > 0 || mentions.roles.length > 0)
      .map(({ content }) => content),
  );
}
