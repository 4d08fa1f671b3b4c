import type fc from 'fast-check';
import { compare } from './compare.ts';
import type { Model, ModelOperation, ModelPoll } from './model.ts';
import type { World } from './world.ts';

export type Command = fc.AsyncCommand<Model, World>;

/** A command with its words for the report; afterwards model and world have to agree. */
export class Step implements Command {
  readonly #words: string;
  readonly #may: (model: Model) => boolean;
  readonly #run: (model: Model, world: World) => Promise<void>;

  constructor(
    words: string,
    may: (model: Model) => boolean,
    run: (model: Model, world: World) => Promise<void>,
  ) {
    this.#words = words;
    this.#may = may;
    this.#run = run;
  }

  check(model: Readonly<Model>): boolean {
    return this.#may(model as Model);
  }

  async run(model: Model, world: World): Promise<void> {
    model.turn += 1;
    model.now += 1000;
    world.now = model.now;
    // Minutes may lie between two steps: what comes once is not to rest on nonces.
    world.discord.forgetNonces();
    await this.#run(model, world);
    compare(model, await world.read(), this.#words);
  }

  toString(): string {
    return this.#words;
  }
}

/** The `index`-th of what there is, around and around. */
export function pick<T>(all: readonly T[], index: number): T {
  return all[index % all.length]!;
}

/** A step on one of the operations that fit. */
export function onOperation(
  words: string,
  index: number,
  fits: (operation: ModelOperation, model: Model) => boolean,
  run: (operation: ModelOperation, model: Model, world: World) => Promise<void>,
): Step {
  const fitting = (model: Model) => model.operations.filter((operation) => fits(operation, model));
  return new Step(
    `${words}(${index})`,
    (model) => fitting(model).length > 0,
    (model, world) => run(pick(fitting(model), index), model, world),
  );
}

/** A step on one of the polls that fit. */
export function onPoll(
  words: string,
  index: number,
  fits: (poll: ModelPoll) => boolean,
  run: (poll: ModelPoll, model: Model, world: World) => Promise<void>,
): Step {
  const fitting = (model: Model) => [...model.polls.values()].filter((poll) => !poll.purged && fits(poll));
  return new Step(
    `${words}(${index})`,
    (model) => fitting(model).length > 0,
    (model, world) => run(pick(fitting(model), index), model, world),
  );
}
