import { counted } from '../../base/display/plural.ts';
import { formatPollNumbers } from '../words/poll-numbers.ts';
import type { Selection, SelectionChange } from './selection-store.ts';

/** “58 polls selected” */
export function selectedText({ ids }: Selection): string {
  return `${counted(ids.length, 'poll')} selected`;
}

/** The words for selected polls that are deleted; null if there are none. */
export function goneText({ gone }: Selection): string | null {
  if (gone.length === 0) return null;
  const [were, them] = gone.length === 1 ? ['was', 'it'] : ['were', 'them'];
  return `⚠️ ${gone.length} more ${were} selected and deleted since: ${formatPollNumbers(gone)}. Operations leave ${them} out; \`/bulk selection remove\` forgets ${them}.`;
}

/** What a change did, in a few sentences. What was asked for and did not happen is named. */
export function changeText({ added, removed, unknown, forgotten }: SelectionChange): string {
  const sentences = [
    ...(added.length > 0 ? [`Added ${counted(added.length, 'poll')}: ${formatPollNumbers(added)}.`] : []),
    ...(removed.length > 0
      ? [`Took off ${counted(removed.length, 'poll')}: ${formatPollNumbers(removed)}.`]
      : []),
    ...(unknown.length > 0 ? [`Not found: ${formatPollNumbers(unknown, 40)}.`] : []),
    ...(forgotten.length > 0
      ? [`To make room, deleted polls were forgotten: ${formatPollNumbers(forgotten)}.`]
      : []),
  ];
  return sentences.join(' ') || 'Nothing changed.';
}
