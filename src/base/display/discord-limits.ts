/**
 * How much Discord takes, each with its source. The length of a text is counted in UTF-16 units, which is the strictest
 * reading. Limits of pace are not here: they are learned from Discord's answers (`src/delivery/pace`).
 */
export const discordLimits = {
  // https://discord.com/developers/docs/resources/message#create-message
  content: 2000,
  // https://discord.com/developers/docs/resources/message#embed-object-embed-limits
  embedDescription: 4096,
  embedFieldValue: 1024,
  // https://discord.com/developers/docs/resources/message#get-channel-messages
  messagesPerPage: 100,
  // https://discord.com/developers/docs/resources/message#bulk-delete-messages
  bulkDeleteMessages: 100,
  // https://discord.com/developers/docs/reference#uploading-files: in bytes, if nobody has paid for more
  file: 10 * 1024 * 1024,
  // https://discord.com/developers/docs/components/reference#anatomy-of-a-component
  customId: 100,
  // https://discord.com/developers/docs/components/reference#action-row
  buttonsPerRow: 5,
  // https://discord.com/developers/docs/components/reference#button
  buttonLabel: 80,
  // https://discord.com/developers/docs/components/reference#string-select
  menuOptions: 25,
  menuOptionText: 100,
  // https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object: how long an
  // interaction's token works
  tokenMinutes: 15,
  // https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal
  modalFields: 5,
  // https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-option-choice-structure
  choices: 25,
  choiceText: 100,
} as const;
