import { writeFile } from 'node:fs/promises';
import { renderProgress } from '../../src/bulk/progress/progress-embed.ts';
import { messageSvg } from './message-svg.ts';
import { audience, names, progressRows, users } from './progress-rows.ts';

// Draws the picture of the README with the bot's own renderer. From the root: node docs/pictures/draw.ts
const { rows, now } = progressRows();
const body = renderProgress(rows, names, audience, now);
await writeFile(new URL('progress.svg', import.meta.url), messageSvg(body, users));
