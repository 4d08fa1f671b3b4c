import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord-api-types/v10';
import type { Poll } from '../../polls/poll.ts';
import type { PollChange } from './poll-image.ts';

/** One kind of bulk operation, as the command, the preview, the run and the history see it. Made by `defineKind`. */
export interface OperationKind extends KindFacts {
  /**
   * The kind with the parameters of one operation. `values`: the options and `asked_at`, or the stored parameters of
   * an operation, even of one that an older version planned. Throws `ZodError`.
   */
  bind(values: unknown): BoundKind;
}

/** What is the same for every operation of a kind. */
interface KindFacts {
  /** The subcommand's name. */
  readonly name: string;
  readonly words: KindWords;
  readonly description: string;
  /** The label of its button under the picker; null if it has none. */
  readonly toolbar: string | null;
  /** Its own slash options. Each kind also gets the target options, `reason` and `private`. */
  readonly options: readonly APIApplicationCommandBasicOption[];
  /** Whether it writes its polls to files. It then holds no poll, takes those that others hold, and touches no message. */
  readonly writesFiles: boolean;
  /** Whether it applies to deleted polls too. */
  readonly takesDeleted: boolean;
  /** What becomes of each poll's message: it shows the poll, or it is deleted. */
  readonly delivery: 'show' | 'delete';
  /** Whether a poll's message that somebody deleted by hand is posted again. */
  readonly repost: boolean;
  /** Why an operation of this kind cannot be undone, as a whole sentence; null if it can. */
  readonly undoRefusal: string | null;
}

export interface KindWords {
  /** “Close 812 polls” */
  readonly infinitive: string;
  /** “Closing 812 polls” */
  readonly present: string;
  /** “closed 812 of 812” */
  readonly past: string;
}

/** A kind with the parameters of one operation. `file` tells which of the two it is. */
export type BoundKind = ChangingKind | FilingKind;

interface BoundToParams extends KindFacts {
  /** The parameters, as they are stored with the operation. */
  readonly params: Readonly<Record<string, unknown>>;
  /** What is asked for beside the words, for the preview, one a line: “timezone: Europe/Berlin”. */
  details(facts: PreviewFacts): readonly string[];
  /** Whether `Confirm` waits `BULK_CONFIRM_DELAY_SECONDS`. */
  readonly destructive: boolean;
  /** The phrase to type before `count` polls are changed; null if `Confirm` is enough. */
  phrase(count: number): string | null;
}

/** It changes its polls. */
export interface ChangingKind extends BoundToParams {
  readonly file: null;
  /** What a poll becomes; or the skip reason, in words that follow the poll's number (“already closed”). */
  decide(poll: Poll, now: Date): PollChange | string;
  /** Whether its polls lose their votes. They are kept aside for undo and cancel. */
  readonly setsVotesAside: boolean;
  /** Whether a result is also posted in the poll's channel. */
  readonly notifies: boolean;
}

/** It writes its polls to files. */
export interface FilingKind extends BoundToParams {
  readonly file: ExportWish;
}

/** What the files of an export contain. */
export interface ExportWish {
  readonly format: 'csv' | 'json';
  /** Whether it also says who voted for what, unless the poll is anonymous. */
  readonly voters: boolean;
}

/** What a preview may have to say beside the plan. */
export interface PreviewFacts {
  /** How long deleted polls are kept. */
  readonly deletedRetentionDays: number;
}

/**
 * Whether its options are asked for if no command line gave them. Options that are simply off by default are not
 * asked for.
 */
export function asksOptions(kind: OperationKind): boolean {
  return kind.options.some((option) => option.type !== ApplicationCommandOptionType.Boolean);
}
