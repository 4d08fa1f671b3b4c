import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord-api-types/v10';
import type { ZodType } from 'zod';
import type { Poll } from '../../polls/poll.ts';
import type { PollChange } from './poll-image.ts';

/** What a preview may have to say beside the plan. */
export interface PreviewFacts {
  /** How long deleted polls are kept. */
  readonly deletedRetentionDays: number;
}

/**
 * One kind of bulk operation: a file in this folder and a line in `operation-kinds.ts`. Everything else (command,
 * preview, running, retry, cancel, history, report) follows from this description.
 */
export interface OperationKind<Params extends Record<string, unknown> = Record<string, unknown>> {
  /** The subcommand's name. */
  readonly name: string;
  readonly words: {
    /** “Close 812 polls” */ readonly infinitive: string;
    /** “Closing 812 polls” */ readonly present: string;
    /** “closed 812 of 812” */ readonly past: string;
  };
  readonly description: string;
  /** Its button under the picker, or null where it has none. */
  readonly toolbar: string | null;
  /** Its own slash options; the target options, `reason` and `private` are added to each kind. */
  readonly options: readonly APIApplicationCommandBasicOption[];
  /**
   * Reads the values of `options` and `asked_at`, the ISO instant of the command, which durations count from. Each issue's
   * message is a whole sentence that says what is allowed. What it returns is stored with the operation as JSON.
   */
  readonly params: ZodType<Params>;
  /** What is asked for beyond the words, for the preview: “timezone: Europe/Berlin”, one a line. */
  details?(params: Params, facts: PreviewFacts): readonly string[];
  /** Whether `Confirm` waits `BULK_CONFIRM_DELAY_SECONDS`. */
  destructive(params: Params): boolean;
  /** The phrase to type before `count` polls are changed, or null where `Confirm` is enough. */
  phrase(params: Params, count: number): string | null;
  /**
   * Why this poll is not changed, in words that follow its number (“already closed”), or null where it is. What its votes
   * forbid follows from the change itself (`votesForbid`).
   */
  skipReason(poll: Poll, params: Params, now: Date): string | null;
  /** What a poll it applies to becomes. Version and revision are counted by whoever applies it. */
  change(poll: Poll, params: Params, now: Date): PollChange;
  /** Whether its polls lose their votes; they are kept aside for undo and cancel. */
  setsVotesAside(params: Params): boolean;
  /** Whether it applies to deleted polls too. */
  readonly takesDeleted: boolean;
  /** What becomes of each poll's message: it shows the poll, which is what is done unless said, or it is deleted. */
  readonly delivery?: 'show' | 'delete';
  /** Whether a poll's message that somebody deleted by hand is posted again. */
  readonly repost: boolean;
  /** Whether a result is also posted in the poll's channel. */
  notifies(params: Params): boolean;
  /**
   * Only for a kind that writes its polls to files instead of changing them: what these contain. It holds no polls, takes
   * those that others hold, and neither `change` nor any message of a poll comes into it.
   */
  file?(params: Params): ExportWish;
  /** Why an operation of this kind cannot be undone, as a whole sentence; null where it can. */
  readonly undoRefusal: string | null;
}

/** Whether its options are asked for where no command line gave them: all but those that are simply off unless wanted. */
export function asksOptions(kind: OperationKind): boolean {
  return kind.options.some((option) => option.type !== ApplicationCommandOptionType.Boolean);
}

/** What an export is to contain. */
export interface ExportWish {
  readonly format: 'csv' | 'json';
  /** Also who voted for what, where the poll is not anonymous. */
  readonly voters: boolean;
}
