import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInMessageActionRow,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import { customIds } from '../../base/custom-ids/custom-ids.ts';
import { discordLimits } from '../../base/display/discord-limits.ts';
import { counted } from '../../base/display/plural.ts';
import { formatCount } from '../../polls/lists/match-polls.ts';
import type { PollOrder } from '../../polls/lists/poll-page.ts';
import { plainLabel } from '../../polls/text.ts';
import { asksOptions } from '../kinds/operation-kind.ts';
import { type ToolbarKind, toolbarKinds } from '../kinds/operation-kinds.ts';
import { button } from '../words/button.ts';
import type { Names } from '../words/naming.ts';
import type { PickerView } from './picker-view.ts';

type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

export const orders: Record<PollOrder, string> = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  closing: 'Closing soonest first',
};
const statuses = { all: 'Every status', scheduled: 'Scheduled', active: 'Active', closed: 'Closed' };

/**
 * All that can be pressed, in the five rows that Discord allows: the page, the status, the order, the picker's
 * buttons, the toolbar.
 */
export function pickerComponents(view: PickerView, names: Names): Row[] {
  const { picker, frame, matching } = view;
  const empty = view.rows.every((row) => row.poll === null);
  const grey = ButtonStyle.Secondary;
  const on = { picker: picker.id };
  const shown = { ...on, frame: frame.number };
  return [
    ...(empty ? [] : [pollMenu(view, names)]),
    menu(customIds.pickStatus.encode(on), 'Status', statuses, picker.filter.status ?? 'all'),
    menu(customIds.pickSort.encode(on), 'Sort', orders, picker.order),
    row(
      button('◀', customIds.pickBack.encode(shown), grey, frame.page === 1),
      button('▶', customIds.pickOn.encode(shown), grey, !frame.more),
      button('Select page', customIds.pickPage.encode(shown), ButtonStyle.Primary, empty),
      button(
        `Select all matching (${formatCount(matching)})`,
        customIds.pickAll.encode(shown),
        ButtonStyle.Primary,
        matching.count === 0,
      ),
      button('Clear', customIds.pickClear.encode(on), grey),
    ),
    row(...toolbarKinds.map(toolbarButton)),
  ];
}

export function votesText(votes: number | null): string {
  if (votes === null) return 'votes secret';
  return counted(votes, 'vote');
}

function toolbarButton(kind: ToolbarKind): APIButtonComponentWithCustomId {
  const id = asksOptions(kind) ? customIds.ask : customIds.selected;
  return button(kind.toolbar, id.encode({ kind: kind.name }), ButtonStyle.Secondary);
}

/** The menu with the polls of the page. Those that are selected are chosen already. */
function pollMenu({ picker, frame, rows }: PickerView, names: Names): Row {
  const options = rows.flatMap(({ id, poll, votes }) =>
    poll === null
      ? []
      : [
          {
            label: plainLabel(`#${id} ${poll.question}`, discordLimits.menuOptionText),
            description: plainLabel(
              `${poll.status} · ${votesText(votes)} · ${names.server(poll.serverId) ?? poll.serverId}`,
              discordLimits.menuOptionText,
            ),
            value: String(id),
            default: frame.chosen.includes(id),
          },
        ],
  );
  return row({
    type: ComponentType.StringSelect,
    custom_id: customIds.pickPolls.encode({ picker: picker.id, frame: frame.number }),
    placeholder: 'Choose polls of this page',
    min_values: 0,
    max_values: options.length,
    options,
  });
}

function menu(
  customId: string,
  placeholder: string,
  labels: Readonly<Record<string, string>>,
  chosen: string,
): Row {
  return row({
    type: ComponentType.StringSelect,
    custom_id: customId,
    placeholder,
    options: Object.entries(labels).map(([value, label]) => ({ label, value, default: value === chosen })),
  });
}

function row(...parts: APIComponentInMessageActionRow[]): Row {
  return { type: ComponentType.ActionRow, components: parts };
}
