/** A row of buttons or menus. */
export const row = (...components: object[]) => ({ type: 1, components }) as never;

export const button = (custom_id: string, label: string, more: object = {}) => ({
  type: 2,
  style: 1,
  custom_id,
  label,
  ...more,
});
