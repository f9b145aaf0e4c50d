/** The kinds of updates asked for; Telegram keeps the others to itself. */
export const allowedUpdates = ['message', 'edited_message', 'callback_query', 'my_chat_member'] as const;
