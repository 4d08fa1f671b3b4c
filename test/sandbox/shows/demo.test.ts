import { stripVTControlCharacters } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { drawMessage } from '../../../sandbox/shows/demo/draw-message.ts';
import type { DemoLayout } from '../../../sandbox/shows/demo/layout.ts';
import { demoLayout } from '../../../sandbox/shows/demo/layout.ts';
import { runDemo } from '../../../sandbox/shows/demo/run-demo.ts';
import { Screen } from '../../../sandbox/shows/demo/screen.ts';
import { cutToWidth, widthOf, wrapToWidth } from '../../../sandbox/shows/demo/width.ts';
import { channelsOf, pollCount } from '../../../sandbox/shows/stage/layout.ts';
import { startStage } from '../../../sandbox/shows/stage/stage.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { freshPostgresUrl } from '../../support/databases.ts';

/** Keeps what is written to it. */
class Paper {
  isTTY = false;
  columns = 100;
  rows = 50;
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

const names = {
  user: (id: string) => (id === '1' ? 'Ada' : undefined),
  channel: (id: string) => (id === '2' ? 'votes' : undefined),
  role: () => undefined,
};

describe('the demonstration', () => {
  test('shows a thousand polls in forty channels of three servers', () => {
    const layout = demoLayout();
    expect(pollCount(channelsOf(layout))).toBe(1000);
    expect(channelsOf(layout)).toHaveLength(40);
    expect(layout.servers).toHaveLength(3);
    expect(pollCount(channelsOf(layout).filter(({ hidden }) => hidden))).toBe(12);
  });

  test('holds on a small scale, and says so line by line where nothing can be drawn in place', async () => {
    const layout: DemoLayout = {
      servers: [
        {
          name: 'One',
          channels: [
            { name: 'votes', polls: 20 },
            { name: 'mods', polls: 3, hidden: true },
          ],
        },
        { name: 'Two', channels: [{ name: 'art', polls: 20 }] },
      ],
      deletedByHand: 2,
      closedMeanwhile: 1,
    };
    const env = { DATABASE_URL: await freshPostgresUrl(), BULK_CONFIRM_DELAY_SECONDS: '0' };
    const stage = await startStage(layout, { limits: { scale: 0.3 }, latency: 10 }, env);
    onTestFinished(() => stage.close());
    const paper = new Paper();
    const held = await runDemo(stage, layout, new Screen(paper));
    expect(stripVTControlCharacters(paper.text)).not.toContain('✗');
    expect(held).toBe(true);
    expect(paper.text).toContain('39 done + 3 failed + 1 skipped = 43 of 43 polls');
    expect(paper.text).not.toContain('\u001b[0J');
  });
});

describe('a message on the screen', () => {
  test('shows names, fields side by side and buttons, within its width', () => {
    const message = {
      content: '',
      embeds: [
        {
          title: 'Operation #1',
          description: `by <@1> in <#2>\n**bold** \`code\` \\*not italic\\* <t:${Math.round(Date.now() / 1000) + 11_000}:R>`,
          color: 0x5865f2,
          fields: [
            { name: 'Done', value: '12', inline: true },
            { name: 'Failed', value: '3', inline: true },
          ],
        },
      ],
      buttons: [{ type: 2, label: 'Confirm', style: 4, custom_id: 'x' }],
    } as unknown as SandboxMessage;
    const lines = drawMessage(message, names, 50).map((line) => stripVTControlCharacters(line).trimEnd());
    expect(lines).toEqual([
      '▌ Operation #1',
      '▌ by @Ada in #votes',
      '▌ bold code *not italic* in 3 hours',
      '▌',
      '▌ Done                    Failed',
      '▌ 12                      3',
      '',
      '[ Confirm ]',
    ]);
  });

  test('keeps to the columns that emoji and wide characters take', () => {
    expect(widthOf('🎉🎉')).toBe(4);
    expect(widthOf('日本')).toBe(4);
    expect(widthOf('\u001b[1mbold\u001b[22m')).toBe(4);
    expect(cutToWidth('🎉🎉🎉', 5)).toBe('🎉🎉…');
    expect(wrapToWidth('one two three', 8)).toEqual(['one two', '  three']);
  });
});

describe('the screen', () => {
  test('draws a picture over the one before, where it is a terminal and the picture fits', () => {
    const paper = new Paper();
    paper.isTTY = true;
    const screen = new Screen(paper);
    screen.draw(['a', 'b'], 'short');
    screen.draw(['c', 'd'], 'short');
    expect(paper.text).toBe('\u001b[0J   a\n   b\n\u001b[2A\u001b[0J   c\n   d\n');
    screen.keep();
    paper.text = '';
    screen.draw(['e'], 'short');
    expect(paper.text).toBe('\u001b[0J   e\n');
  });

  test('writes one line for a picture, once, where the terminal is too low for it', () => {
    const paper = new Paper();
    paper.isTTY = true;
    paper.rows = 3;
    const screen = new Screen(paper);
    screen.draw(['a', 'b'], 'short');
    screen.draw(['c', 'd'], 'short');
    expect(paper.text).toBe('   short\n');
  });
});
