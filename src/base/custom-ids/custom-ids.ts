import { customId, wholeNumber, word, wordOrNone } from './custom-id.ts';

/**
 * Every custom id of the bot's buttons, menus and modals. Messages that were posted long ago carry them, so an id
 * that was released keeps its action and its fields.
 */
export const customIds = {
  /** An option of a poll's message; `position` counts from 0. */
  vote: customId('vote', { poll: wholeNumber, position: wholeNumber }),
  /** Another page of `/poll list`. `status` may be `all`; `after` is the last poll of the page before, or 0. */
  pollList: customId('poll-list', { status: word, after: wholeNumber }),

  /** Another page of a preview, counted from 0. */
  preview: customId('preview', { operation: wholeNumber, page: wholeNumber }),
  confirm: customId('confirm', { operation: wholeNumber }),
  /** `Cancel` on a preview. */
  discard: customId('discard', { operation: wholeNumber }),
  /** The modal that asks for the phrase. */
  phrase: customId('phrase', { operation: wholeNumber }),

  pause: customId('pause', { operation: wholeNumber }),
  resume: customId('resume', { operation: wholeNumber }),
  cancel: customId('cancel', { operation: wholeNumber }),
  retry: customId('retry', { operation: wholeNumber }),
  undo: customId('undo', { operation: wholeNumber }),
  report: customId('report', { operation: wholeNumber }),

  /**
   * Another page of `/bulk history`. There are two actions, because the ids of one message must differ even if the
   * offsets are the same.
   */
  historyBack: historyPage('history-back'),
  historyOn: historyPage('history-on'),

  /** Of a picker. `frame` is the number of what was shown when it was pressed. */
  pickBack: frameOfPicker('pick-back'),
  pickOn: frameOfPicker('pick-on'),
  pickPolls: frameOfPicker('pick-polls'),
  pickPage: frameOfPicker('pick-page'),
  pickAll: frameOfPicker('pick-all'),
  pickStatus: customId('pick-status', { picker: wholeNumber }),
  pickSort: customId('pick-sort', { picker: wholeNumber }),
  pickClear: customId('pick-clear', { picker: wholeNumber }),

  /** Of the toolbar under a picker. `kind` is the name of an operation kind. It is previewed at once … */
  selected: customId('selected', { kind: word }),
  /** … or its options are asked for first, … */
  ask: customId('ask', { kind: word }),
  /** … in this modal. */
  asked: customId('asked', { kind: word }),
};

function historyPage(action: string) {
  return customId(action, {
    offset: wholeNumber,
    limit: wholeNumber,
    type: wordOrNone,
    status: wordOrNone,
    adminId: wordOrNone,
  });
}

function frameOfPicker(action: string) {
  return customId(action, { picker: wholeNumber, frame: wholeNumber });
}
