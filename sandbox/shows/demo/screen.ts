import { stripVTControlCharacters, styleText } from 'node:util';
import { cutToWidth, widthOf } from './width.ts';

/** What the screen writes to: a terminal, a pipe, a file. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const margin = '   ';

/**
 * The demo's page: lines that stay, and below them at most one picture that is drawn anew in place. If the output is
 * no terminal, or too small for the picture, each new picture is one line instead.
 */
export class Screen {
  readonly #out: Output;
  #drawn = 0;
  #lastLine = '';

  constructor(out: Output) {
    this.#out = out;
  }

  /** Columns for text inside the margins. */
  get width(): number {
    return Math.min(this.#out.columns ?? 100, 100) - 2 * margin.length;
  }

  line(text = ''): void {
    this.keep();
    this.#out.write(text === '' ? '\n' : `${margin}${text}\n`);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  heading(number: number, text: string): void {
    this.line();
    this.keep();
    this.#out.write(`${styleText(['bold', 'magenta'], ` ${number} `)}${styleText('bold', text)}\n`);
    this.line();
  }

  /** A line about what somebody does. */
  deed(who: string, what: string): void {
    this.line(`${styleText('green', `${who} ›`)} ${styleText('bold', what)}`);
  }

  /** Draws the picture over the one before. `short` replaces it if it cannot be drawn. */
  draw(picture: readonly string[], short: string): void {
    const { isTTY, rows } = this.#out;
    if (!isTTY || picture.length + 2 > (rows ?? 24)) {
      if (short !== this.#lastLine) this.line(short);
      this.#lastLine = short;
      return;
    }
    const back = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    const columns = (this.#out.columns ?? 80) - margin.length;
    // A line that wraps would make the picture taller than its count of lines.
    const fitting = picture.map((text) =>
      widthOf(text) <= columns ? text : cutToWidth(stripVTControlCharacters(text), columns),
    );
    this.#out.write(`${back}\u001b[0J${fitting.map((text) => `${margin}${text}\n`).join('')}`);
    this.#drawn = picture.length;
  }

  /** The picture stays as it is. What comes next stands below it. */
  keep(): void {
    this.#drawn = 0;
  }

  bar(share: number, cells = 30): string {
    const full = Math.round(Math.min(1, Math.max(0, share)) * cells);
    return `${styleText('magenta', '█'.repeat(full))}${styleText('dim', '░'.repeat(cells - full))}`;
  }
}
