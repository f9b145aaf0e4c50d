/** A choice under a message. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly description?: string;
}

/** Why a file cannot be had: it is not there (any more), or it was kept for as long as files are. */
export type Gone = 'lost' | 'removed';

/** What `GET /api/chat/events` sends as `line`. */
export interface ChatLine {
  readonly id: string;
  /** Sorts the lines; also the id of the event. */
  readonly order: string;
  readonly from: 'me' | 'bot' | 'officer';
  readonly at: number;
  readonly content: ChatContent;
}

export type ChatContent =
  | { readonly type: 'text'; readonly text: string; readonly choices?: readonly Choice[] }
  | { readonly type: 'choice'; readonly choiceId: string; readonly label?: string }
  | {
      readonly type: 'media';
      readonly kind: string;
      readonly fileName?: string;
      readonly caption?: string;
      readonly gone?: Gone;
    }
  | { readonly type: 'location'; readonly latitude: number; readonly longitude: number; readonly name?: string }
  | { readonly type: 'contact'; readonly name: string; readonly phone: string }
  | { readonly type: 'unsupported' };

/** What a person sends as a message; a file goes another way. */
export type SentContent = Extract<ChatContent, { type: 'text' | 'choice' | 'location' }>;
