import type { Chat, Message, User } from 'grammy/types';
import { randomBytes } from 'node:crypto';
import type { Upload } from './read-request.ts';

/** A file Telegram holds. `path` is null once its download link has run out for good. */
export interface StoredFile extends Upload {
  readonly path: string | null;
  /** What getFile says when it differs from the bytes, so that large files need no large bytes. */
  readonly sizeBytes?: number;
}

/** Why a chat cannot be written to. */
export type Barrier = 'blocked' | 'deactivated' | 'kicked';

/** Everything Telegram remembers: chats, messages, files and taps that wait for an answer. */
export class TelegramWorld {
  readonly bot: User = { id: 111, is_bot: true, first_name: 'Wasl', username: 'wasl_test_bot' };
  readonly chats = new Map<number, Chat>();
  readonly barriers = new Map<number, Barrier>();
  readonly files = new Map<string, StoredFile>();
  readonly waitingTaps = new Set<string>();
  readonly answeredTaps: string[] = [];
  readonly leftChats: number[] = [];
  readonly chatActions: { readonly chatId: number; readonly action: string }[] = [];
  readonly #messages = new Map<number, Message[]>();
  #nextMessageId = 1;

  /** A private chat for a positive id, a group for a negative one. */
  openChat(id: number): Chat {
    const known = this.chats.get(id);
    if (known) return known;
    const chat: Chat =
      id < 0 ? { id, type: 'supergroup', title: `Group ${-id}` } : { id, type: 'private', first_name: `Person ${id}` };
    this.chats.set(id, chat);
    return chat;
  }

  add(chatId: number, from: User, content: object): Message {
    // The fields of the kinds of message this world makes are checked by whoever passes them; the union is too wide to build.
    const message = {
      message_id: this.#nextMessageId++,
      date: Math.floor(Date.now() / 1000),
      chat: this.openChat(chatId),
      from,
      ...content,
    } as Message;
    this.messagesOf(chatId).push(message);
    return message;
  }

  /** Everything said in a chat, by both sides, in order. */
  messagesOf(chatId: number): Message[] {
    let messages = this.#messages.get(chatId);
    if (!messages) this.#messages.set(chatId, (messages = []));
    return messages;
  }

  find(chatId: number, messageId: number): Message | undefined {
    return this.messagesOf(chatId).findLast((message) => message.message_id === messageId);
  }

  addFile(upload: Upload & { readonly sizeBytes?: number }): string {
    const id = randomBytes(12).toString('base64url');
    this.files.set(id, { ...upload, path: `documents/file_${this.files.size}` });
    return id;
  }
}
