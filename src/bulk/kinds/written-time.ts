import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { discordTime, parseWhen } from '../../polls/time.ts';

/** When the command was given. It is stored, so that `3d` still means the same when the operation runs. */
export const askedAt = z.iso.datetime();

/** A time option as it was written: a date in each poll's own zone, or a duration from `asked_at`. */
export const writtenTime = z.string().superRefine(checkForm);

/** As `writtenTime`, or `none`. */
export const writtenTimeOrNone = z
  .string()
  .transform((text) => (text.trim().toLowerCase() === 'none' ? 'none' : text))
  .superRefine((text, context) => {
    if (text !== 'none') checkForm(text, context);
  });

/** A time that the clocks of a zone skip, such as in the night in which daylight saving begins. */
export class SkippedTime {
  readonly skipReason: string;

  constructor(zone: string) {
    this.skipReason = `the clocks of ${zone} skip the time asked for`;
  }
}

/** The instant that a checked text means in this zone. */
export function instantOf(text: string, zone: string, asked_at: string): Date | SkippedTime {
  try {
    return parseWhen(text, { zone, now: new Date(asked_at) });
  } catch (error) {
    if (error instanceof UserError) return new SkippedTime(zone);
    throw error;
  }
}

/** A checked text with its meaning: the instant, or the zone in which it is read. For previews. */
export function shownTime(text: string, asked_at: string, zone?: string): string {
  const [here, there] = ['UTC', 'Asia/Tokyo'].map((one) => instantOf(text, one, asked_at) as Date);
  if (here!.getTime() === there!.getTime()) return `${text} (${discordTime(here!, 'f')})`;
  return `${text} (${zone ?? "in each poll's own time zone"})`;
}

/** Checks the text in a zone without daylight saving, so that only the text itself can be wrong. */
function checkForm(text: string, context: z.RefinementCtx): void {
  try {
    parseWhen(text, { zone: 'UTC', now: new Date(0) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
}
