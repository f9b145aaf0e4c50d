import { Collection, Emitter, Model, MsgKey, toWid, type Wid } from './models.ts';
import type { Ask, Push, WireMessage } from './wire.ts';

/*
 * Runs inside Chromium in place of WhatsApp Web: as much of its module registry (`window.require`) as whatsapp-web.js 1.34.7
 * reaches for. It talks to the stand-in server. What the real page changes tomorrow, this one does not notice.
 */

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until there is an answer, as a page does whose network comes and goes. */
async function ask(question: Ask): Promise<Record<string, unknown>> {
  for (;;) {
    try {
      const response = await fetch('/ask', { method: 'POST', body: JSON.stringify(question) });
      return (await response.json()) as Record<string, unknown>;
    } catch {
      await pause(200);
    }
  }
}
const tell = (what: string, chat?: unknown): void =>
  void ask({ is: 'told', what, ...(chat !== undefined && { chat: toWid(chat)._serialized }) });

class MsgModel extends Model {
  isEphemeral = false;
  isStatusV3 = false;
  unsafe = () => this;
  canReply = () => true;
  downloadMedia = async () => {
    (this['mediaData'] as { mediaStage: string }).mediaStage = 'RESOLVED';
  };
}

class ChatModel extends Model {
  readonly msgs = new Collection(MsgModel);
}

const Msg = Object.assign(new Collection(MsgModel), {
  getMessagesById: async (ids: string[]) => ({ messages: ids.flatMap((id) => Msg.get(id) ?? []) }),
});
const Chat = new Collection(ChatModel);
const Contact = Object.assign(new Collection(Model), {
  find: async (id: unknown) => Contact.get(id) ?? Contact.add({ id: toWid(id), pushname: toWid(id).user, type: 'in' }),
});
const Socket = Object.assign(new Model({ state: 'OPENING', hasSynced: false }), {
  logout: async () => {
    localStorage.removeItem('me');
    tell('logout');
  },
  takeover: () => tell('takeover'),
});
const Conn = new Model({ ref: undefined, pushname: 'Charity', platform: 'android' });
const Cmd = Object.assign(new Emitter(), { refreshQR: () => tell('refresh-qr') });
let me: Wid | null = null;

function chatOf(name: unknown): ChatModel {
  const id = toWid(name);
  return (
    Chat.get(id) ??
    Chat.add({
      id,
      t: 0,
      unreadCount: 0,
      archive: false,
      mute: { expiration: 0 },
      ...(id.isGroup() && { groupMetadata: new Model({ id, participants: [] }) }),
    })
  );
}

/** Puts a message of the server where the page has its messages. */
function keep(wire: WireMessage, isNewMsg: boolean): MsgModel {
  const { id, chat: chatName, fromMe, ...attributes } = wire;
  const chat = chatOf(chatName);
  const key = new MsgKey({ fromMe, id, remote: toWid(chatName) });
  const known = Msg.get(key);
  if (known) return known;
  const message = new MsgModel({
    ack: 1,
    ...attributes,
    id: key,
    isNewMsg,
    from: fromMe ? me : key.remote,
    to: fromMe ? key.remote : me,
    ...(attributes['directPath'] !== undefined && { mediaData: { mediaStage: 'RESOLVED' }, mediaObject: {} }),
  });
  chat.msgs.add(message);
  chat.set({ t: Math.max(Number(chat['t']), wire.t) });
  if (!fromMe && isNewMsg) chat.set({ unreadCount: Number(chat['unreadCount']) + 1 });
  Msg.add(message);
  return message;
}

/** What the server may know of a message that is sent. */
function toWire(message: MsgModel): WireMessage {
  const key = message['id'] as MsgKey;
  const plain = JSON.parse(
    JSON.stringify(message.serialize(), (name, value: unknown) => (name.startsWith('media') ? undefined : value)),
  ) as Record<string, unknown>;
  return { ...plain, id: key.id, chat: key.remote._serialized, fromMe: true } as WireMessage;
}

function addAndSendMsgToChat(chat: ChatModel, attributes: Record<string, unknown>) {
  const message = new MsgModel(attributes);
  chat.msgs.add(message);
  Msg.add(message);
  const answered = ask({ is: 'send', message: toWire(message) }).then((answer) => {
    message.set({ ack: answer['taken'] === true ? 1 : -1 });
    return { messageSendResult: answer['taken'] === true ? 'OK' : 'ERROR_NETWORK' };
  });
  return [Promise.resolve(message), answered];
}

async function loadEarlierMsgs({ chat }: { chat: ChatModel }): Promise<MsgModel[]> {
  const known = chat.msgs.getModelsArray().map((message) => (message['id'] as MsgKey).id);
  const answer = await ask({ is: 'earlier', chat: (chat['id'] as Wid)._serialized, known });
  return (answer['messages'] as WireMessage[]).map((wire) => keep(wire, false));
}

const toBase64 = (bytes: Uint8Array) => btoa([...bytes].map((byte) => String.fromCharCode(byte)).join(''));

/** Bytes on their way to the server. */
class OpaqueData {
  readonly blob: File;
  readonly type: string;
  constructor(blob: File, type: string) {
    this.blob = blob;
    this.type = type;
  }
  static createFromData = async (file: File, type: string) => new OpaqueData(file, type);
  url = () => 'blob:stand-in';
  autorelease = () => {};
  formData = () => this.blob;
}

function prepRawMedia(opaque: OpaqueData, as: { isPtt?: boolean; asDocument?: boolean; asSticker?: boolean }) {
  const family = opaque.type.split('/')[0] ?? '';
  const named = as.asDocument ? 'document' : as.isPtt ? 'ptt' : as.asSticker ? 'sticker' : null;
  const type = named ?? (['image', 'video', 'audio'].includes(family) ? family : 'document');
  return {
    waitForPrep: async () => {
      const bytes = await opaque.blob.arrayBuffer();
      return new Model({
        type,
        mimetype: opaque.type,
        filename: opaque.blob.name,
        filehash: toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))),
        size: bytes.byteLength,
        mediaBlob: opaque,
        isGif: false,
      });
    },
  };
}

async function uploadMedia({ mediaObject }: { mediaObject: Record<string, unknown> }) {
  const { blob, type } = mediaObject['mediaBlob'] as OpaqueData;
  const response = await fetch('/files', { method: 'POST', headers: { 'content-type': type }, body: blob });
  const { path } = (await response.json()) as { path: string };
  const hash = mediaObject['filehash'];
  return {
    mediaEntry: { mmsUrl: path, directPath: path, mediaKey: 'key', encFilehash: hash, uploadHash: hash },
  };
}

async function downloadAndMaybeDecrypt({ directPath }: { directPath: string }): Promise<ArrayBuffer> {
  const response = await fetch(directPath);
  if (!response.ok) throw Object.assign(new Error('download failed'), { status: response.status });
  return response.arrayBuffer();
}

const phones = new Map<string, Wid>();
async function queryWidExists(wid: Wid): Promise<{ wid: Wid } | null> {
  const answer = await ask({ is: 'phone-of', chat: wid._serialized });
  if (typeof answer['phone'] === 'string') phones.set(wid._serialized, toWid(answer['phone']));
  return { wid };
}

async function findOrCreateLatestChat(wid: Wid): Promise<{ chat: ChatModel }> {
  const answer = await ask({ is: 'exists', chat: wid._serialized });
  if (answer['exists'] !== true) throw new Error('No LID for user');
  return { chat: chatOf(wid) };
}

const findLinks = (text: unknown) =>
  ((typeof text === 'string' ? text : '').match(/https?:\/\/\S+/g) ?? []).map((href) => ({
    href,
    suspiciousCharacters: new Set(),
  }));
const nothing = () => undefined;
const always = () => true;
const never = () => false;
const done = async () => {};

const modules: Record<string, unknown> = {
  WAWebSocketModel: { Socket },
  WAWebConnModel: { Conn },
  WAWebCmd: { Cmd },
  WAWebStreamModel: { Stream: { markAvailable: nothing, markUnavailable: nothing } },
  WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => 100 } },
  WAWebAltDeviceLinkingApi: {
    setPairingType: nothing,
    initializeAltDeviceLinking: done,
    initializeQRLinking: done,
    startAltLinkingFlow: async (phone: string) => (await ask({ is: 'pairing-code', phone }))['code'],
  },
  WAWebLaunchSocketUtils: { refreshQR: () => Cmd.refreshQR() },
  WABase64: { encodeB64: toBase64 },
  WAWebMiscBrowserUtils: { info: () => ({ os: 'Linux', name: 'Chrome' }) },
  WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: '1' },
  WAWebAdvSignatureApi: {},
  WAWebUserPrefsMultiDevice: { getADVSecretKey: () => toBase64(new Uint8Array(32).fill(3)) },
  WAWebUserPrefsInfoStore: {
    waNoiseInfo: { get: async () => ({ staticKeyPair: { pubKey: new Uint8Array(32).fill(1) } }) },
  },
  WAWebSignalStoreApi: {
    waSignalStore: {
      getRegistrationInfo: async () => ({ identityKeyPair: { pubKey: new Uint8Array(32).fill(2) } }),
    },
  },
  WAWebUserPrefsMeUser: { getMaybeMePnUser: () => me, getMaybeMeLidUser: nothing },
  WAWebCollections: { Msg, Chat, Contact, GroupMetadata: { update: done } },
  WAWebSyncGatingUtils: {},
  WAWebCallCollection: {},
  WAWebNonMessageDataRequestPlaceholderMessageResendUtils: { handlePlaceholderMsgsSeen: nothing },
  WAWebAddonReactionTableMode: { reactionTableMode: { bulkUpsert: nothing } },
  WAWebAddonPollVoteTableMode: { pollVoteTableMode: { bulkUpsert: nothing } },
  WAWebWidFactory: {
    createWid: toWid,
    createWidFromWidLike: toWid,
    asUserWidOrThrow: toWid,
    createUserWidOrThrow: toWid,
  },
  WAWebFindChatAction: { findOrCreateLatestChat },
  WAWebChatLoadMessages: { loadEarlierMsgs },
  WAWebUpdateUnreadChatAction: {
    sendSeen: async ({ chat }: { chat: ChatModel }) => {
      tell('seen', chat['id']);
      chat.set({ unreadCount: 0 });
    },
  },
  WAWebChatGetters: {
    getIsNewsletter: (chat: ChatModel) => (chat['id'] as Wid).isNewsletter(),
    getIsBroadcast: (chat: ChatModel) => (chat['id'] as Wid).isStatus(),
  },
  WALinkify: { findLinks, findLink: (text: unknown) => findLinks(text)[0] },
  WAWebMsgKey: MsgKey,
  WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
  WAWebMsgReply: { canReplyMsg: always },
  WAWebSendMsgChatAction: { addAndSendMsgToChat },
  WAWebChatStateBridge: {
    sendChatStateComposing: async (chat: unknown) => tell('typing', chat),
    sendChatStateRecording: done,
    sendChatStatePaused: done,
  },
  WAWebPresenceChatAction: { subscribePresence: done, setPresenceAvailable: done, setPresenceUnavailable: done },
  WAWebApiContact: { getPhoneNumber: (lid: Wid) => phones.get(lid._serialized), getCurrentLid: nothing },
  WAWebLidMigrationUtils: { toPn: (wid: unknown) => wid },
  WAWebVcardParsingUtils: { parseVcard: (card: string) => ({ name: /^FN:(.*)$/m.exec(card)?.[1]?.trim() }) },
  WAWebVcardGetNameFromParsed: { vcardGetNameFromParsed: ({ name }: { name?: string }) => name },
  WAWebQueryExistsJob: { queryWidExists },
  WAWebMediaOpaqueData: OpaqueData,
  WAWebMediaStorage: {
    getOrCreateMediaObject: (filehash: string) => ({
      filehash,
      contentInfo: { waveform: new Uint8Array(64) },
      consolidate(this: object, attributes: object) {
        Object.assign(this, attributes);
      },
    }),
  },
  WAWebPrepRawMedia: { prepRawMedia },
  WAWebMmsMediaTypes: { msgToMediaType: ({ type }: { type: string }) => type, castToV4: (type: string) => type },
  WAWebMediaDataUtils: { shouldUseMediaCache: never },
  WAWebMediaMmsV4Upload: { uploadMedia },
  WAWebDownloadManager: { downloadManager: { downloadAndMaybeDecrypt } },
};

function link(push: Push & { is: 'linked' }): void {
  me = toWid(push.me);
  localStorage.setItem('me', push.me);
  Conn.set({ wid: me });
  for (const wire of push.history) keep(wire, false);
  Socket.set({ state: 'CONNECTED' });
  setTimeout(sync, push.syncMs);
}

function sync(): void {
  Cmd.trigger('offline_progress_update_from_bridge');
  Socket['hasSynced'] = false;
  Socket.set({ hasSynced: true });
}

function obey(push: Push): void {
  switch (push.is) {
    case 'qr':
      Conn.set({ ref: push.ref });
      if (me === null) Socket.set({ state: 'UNPAIRED' });
      return;
    case 'linked':
      return link(push);
    case 'state':
      Socket.set({ state: push.state });
      return;
    case 'message': {
      if (!push.isQuiet)
        Contact.add({ id: toWid(push.message.chat), pushname: push.message['notifyName'], type: 'in' });
      keep(push.message, !push.isQuiet);
      return;
    }
    case 'change':
      Msg.get(push.key)?.set(push.attributes);
      return;
    case 'synced-again':
      return sync();
    case 'logged-out':
      localStorage.removeItem('me');
      Cmd.trigger('logout');
      setTimeout(() => (location.href = '/?post_logout=1'), 30);
      return;
    case 'hang':
      for (;;);
  }
}

function connect(): void {
  const events = new EventSource(`/events?me=${encodeURIComponent(localStorage.getItem('me') ?? '')}`);
  events.onmessage = ({ data }) => obey(JSON.parse(String(data)) as Push);
  events.onerror = () => {
    events.close();
    if (Socket['state'] === 'CONNECTED') Socket.set({ state: 'OPENING' });
    setTimeout(connect, 200);
  };
}

Object.assign(window, {
  require(name: string): unknown {
    if (name in modules) return modules[name];
    throw new Error(`the stand-in has no module ${name}`);
  },
  Debug: { VERSION: '2.3000.1040000000' },
});
connect();
