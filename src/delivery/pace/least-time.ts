import type { Window } from './bucket.ts';
import { globalWindow } from './rate-limits.ts';

/** Requests under one limit. */
export interface Load {
  readonly requests: number;
  readonly window: Window;
}

/**
 * What one place has to send: the sum over its limits. Requests under several limits at once count by the narrowest.
 */
export type PlaceLoads = readonly (readonly Load[])[];

/**
 * The least time, in ms, until the last of all these requests starts: no bot can be faster. The first window of each
 * limit is free.
 *
 * The limits of places and the global one hold together. What no place can send before a moment must go after it, and
 * no faster than the global limit lets all places send. So the least time is the greatest, over the moments t at
 * which windows open, of t + (⌈left(t) ÷ 50⌉ − 1) · 1 s. Example: 1000 edits in 40 channels take 23 s, because 200 of
 * them can only start after 20 s. `global`: so many requests, and how long they take at least.
 */
export function leastTime(
  places: readonly PlaceLoads[],
  global: (requests: number) => number = (requests) => fullWindows(requests, globalWindow),
): number {
  let ms = 0;
  for (const at of openings(places)) {
    const left = places.reduce((sum, place) => sum + leftAt(place, at), 0);
    if (left > 0) ms = Math.max(ms, at + global(left));
  }
  return ms;
}

/** How long the windows before the last one take, in ms. */
export function fullWindows(requests: number, window: Window): number {
  return Math.max(0, Math.ceil(requests / window.requests) - 1) * window.windowMs;
}

/** The moments at which a window may open. After the last of them nothing is left. */
function openings(places: readonly PlaceLoads[]): ReadonlySet<number> {
  const moments = new Set([0]);
  const longest = new Map<number, number>();
  for (const { requests, window } of places.flat(2)) {
    const end = fullWindows(requests, window);
    longest.set(window.windowMs, Math.max(end, longest.get(window.windowMs) ?? 0));
  }
  for (const [windowMs, end] of longest) for (let at = windowMs; at <= end; at += windowMs) moments.add(at);
  return moments;
}

/** How many requests cannot have started before a moment. */
function leftAt(place: PlaceLoads, at: number): number {
  const left = ({ requests, window }: Load) =>
    Math.max(0, requests - window.requests * Math.ceil(at / window.windowMs));
  return place.reduce((sum, loads) => sum + Math.max(0, ...loads.map(left)), 0);
}
