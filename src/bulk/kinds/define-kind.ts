import { type ZodType, z } from 'zod';
import type { Poll } from '../../polls/poll.ts';
import type { ExportWish, OperationKind, PreviewFacts } from './operation-kind.ts';
import type { PollChange } from './poll-image.ts';

type AnyParams = Readonly<Record<string, unknown>>;

/** What every kind states. For what it leaves out, the defaults of `defineKind` hold. */
interface KindSpec<Params extends AnyParams>
  extends Pick<OperationKind, 'name' | 'words' | 'description'>,
    Partial<Pick<OperationKind, 'toolbar' | 'options' | 'undoRefusal'>> {
  /**
   * Reads the values of `options` and of `asked_at`, the ISO instant of the command, from which durations count. Each
   * issue's message is a whole sentence that says what is allowed. The result is stored as JSON, and must be readable
   * by this again.
   */
  readonly params: ZodType<Params>;
  details?(params: Params, facts: PreviewFacts): readonly string[];
  destructive?(params: Params): boolean;
  phrase?(params: Params, count: number): string | null;
}

/** A kind that changes polls. What their votes forbid follows from the change itself (`votesForbid`). */
interface ChangingSpec<Params extends AnyParams>
  extends KindSpec<Params>,
    Partial<Pick<OperationKind, 'takesDeleted' | 'delivery' | 'repost'>> {
  /** As `ChangingKind.decide`. Whoever applies the change counts version and revision. */
  decide(poll: Poll, params: Params, now: Date): PollChange | string;
  setsVotesAside?(params: Params): boolean;
  notifies?(params: Params): boolean;
}

/** A kind that writes polls to files. */
interface FilingSpec<Params extends AnyParams> extends KindSpec<Params> {
  file(params: Params): ExportWish;
  readonly undoRefusal: string;
}

/** The parameters of a kind without options. */
export const noParams = z.object({});

/**
 * Defines a kind of bulk operation: a file in this folder and a line in `operation-kinds.ts`. It states only what
 * differs from the defaults. By default a kind has no button under the picker, no options, no delay and no phrase. It
 * leaves votes alone, and deleted polls, and messages that somebody deleted. It shows each poll, posts no notice, and
 * can be undone.
 */
export function defineKind<Params extends AnyParams>(
  spec: ChangingSpec<Params> | FilingSpec<Params>,
): OperationKind {
  const changing = 'decide' in spec ? spec : null;
  const facts = {
    name: spec.name,
    words: spec.words,
    description: spec.description,
    toolbar: spec.toolbar ?? null,
    options: spec.options ?? [],
    writesFiles: changing === null,
    takesDeleted: changing?.takesDeleted ?? false,
    delivery: changing?.delivery ?? 'show',
    repost: changing?.repost ?? false,
    undoRefusal: spec.undoRefusal ?? null,
  };
  return { ...facts, bind: (values) => ({ ...facts, ...bind(spec, spec.params.parse(values)) }) };
}

function bind<Params extends AnyParams>(spec: ChangingSpec<Params> | FilingSpec<Params>, params: Params) {
  const bound = {
    params,
    details: (facts: PreviewFacts) => spec.details?.(params, facts) ?? [],
    destructive: spec.destructive?.(params) ?? false,
    phrase: (count: number) => spec.phrase?.(params, count) ?? null,
  };
  if ('file' in spec) return { ...bound, file: spec.file(params) };
  return {
    ...bound,
    file: null,
    decide: (poll: Poll, now: Date) => spec.decide(poll, params, now),
    setsVotesAside: spec.setsVotesAside?.(params) ?? false,
    notifies: spec.notifies?.(params) ?? false,
  };
}
