import { createRequire } from 'node:module';
import { renderAsync } from '@resvg/resvg-js';

const fonts = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) =>
  createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${file}`),
);

/**
 * Draws an SVG as a PNG of twice its size, on a thread of its own. It uses our own fonts, because a slim machine has
 * none.
 */
export async function chartImage(svg: string): Promise<Buffer> {
  const image = await renderAsync(svg, {
    font: { fontFiles: fonts, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' },
    fitTo: { mode: 'zoom', value: 2 },
  });
  return image.asPng();
}
