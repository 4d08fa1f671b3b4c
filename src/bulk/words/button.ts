import { type APIButtonComponentWithCustomId, ComponentType } from 'discord-api-types/v10';

export function button(
  label: string,
  customId: string,
  style: APIButtonComponentWithCustomId['style'],
  disabled = false,
): APIButtonComponentWithCustomId {
  return { type: ComponentType.Button, style, label, custom_id: customId, disabled };
}
