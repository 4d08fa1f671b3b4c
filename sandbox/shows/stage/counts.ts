import type { APIEmbed } from 'discord-api-types/v10';

/** A progress message, or one of its versions. */
export interface Frame {
  readonly embeds: readonly APIEmbed[];
}

/** The four figures that every frame of a progress message shows. */
export interface Counts {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly waiting: number;
}

/** What a progress message, or one frame of it, counts. Throws if a figure is missing. */
export function countsOf({ embeds }: Frame): Counts {
  const fields = embeds.flatMap((embed) => embed.fields ?? []);
  const figure = (name: string) => {
    const value = fields.find((field) => field.name === name)?.value ?? '';
    if (!/^\d+$/.test(value)) throw new Error(`the field ${name} says “${value}”`);
    return Number(value);
  };
  return {
    done: figure('Done'),
    failed: figure('Failed'),
    skipped: figure('Skipped'),
    waiting: figure('Waiting'),
  };
}

/** How many changes a frame says are committed ("closed 1000 of 1000 · messages …"); null: it does not say. */
export function committedIn({ embeds }: Frame): { readonly committed: number; readonly of: number } | null {
  const found = /\bclosed (\d+) of (\d+) · messages/.exec(embeds[0]?.description ?? '');
  return found && { committed: Number(found[1]), of: Number(found[2]) };
}

/** The result word in a progress message's title; null while it goes on. */
export function resultOf({ embeds }: Frame): string | null {
  const words = /· (completed with failures|completed|cancelled|timed out|failed)$/;
  return words.exec(embeds[0]?.title ?? '')?.[1] ?? null;
}
