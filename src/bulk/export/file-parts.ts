import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { discordLimits } from '../../base/display/discord-limits.ts';

const compress = promisify(gzip);

/** The largest file that is sent, in bytes. The rest of what Discord takes is for the form around it. */
export const largestFile = discordLimits.file - 64 * 1024;

/**
 * How much plain text is gathered before it is compressed, in units of a file's limit: so much is in memory at a
 * time.
 */
const gatheredLimits = 4;

/** The text of one poll. */
export interface FilePiece {
  readonly pollId: number;
  readonly text: string;
}

/** A file that is valid by itself. `data` is null if one poll alone does not fit, even compressed. */
export interface FilePart {
  readonly pollIds: readonly number[];
  readonly data: Buffer | null;
  readonly compressed: boolean;
}

/** What stands around and between the pieces of each file. */
export interface FileFrame {
  readonly head: string;
  readonly between: string;
  readonly tail: string;
}

/**
 * Packs pieces, in their order, into files of at most `limit` bytes: as they are while they fit, else compressed,
 * else split. Takes pieces only when it needs them. So however much is exported, one file's worth is in memory.
 */
export async function* fileParts(
  pieces: AsyncIterable<FilePiece>,
  frame: FileFrame,
  limit: number,
): AsyncGenerator<FilePart> {
  let gathered: FilePiece[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    const more = Buffer.byteLength(piece.text);
    if (gathered.length > 0 && bytes + more > limit * gatheredLimits) {
      yield* pack(gathered, frame, limit);
      gathered = [];
      bytes = 0;
    }
    gathered.push(piece);
    bytes += more;
  }
  if (gathered.length > 0) yield* pack(gathered, frame, limit);
}

async function* pack(
  pieces: readonly FilePiece[],
  frame: FileFrame,
  limit: number,
): AsyncGenerator<FilePart> {
  const pollIds = pieces.map((piece) => piece.pollId);
  const texts = pieces.map((piece) => piece.text);
  const plain = Buffer.from(frame.head + texts.join(frame.between) + frame.tail);
  if (plain.length <= limit) return yield { pollIds, data: plain, compressed: false };
  const data = await compress(plain);
  if (data.length <= limit) return yield { pollIds, data, compressed: true };
  if (pieces.length === 1) return yield { pollIds, data: null, compressed: true };
  const half = Math.ceil(pieces.length / 2);
  yield* pack(pieces.slice(0, half), frame, limit);
  yield* pack(pieces.slice(half), frame, limit);
}
