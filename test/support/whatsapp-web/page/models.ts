/** Events by name; several names in one string, as WhatsApp Web's own. */
export class Emitter {
  readonly #listeners = new Map<string, Set<(...values: never[]) => void>>();

  on(names: string, listener: (...values: never[]) => void): this {
    for (const name of names.split(' ')) {
      const listeners = this.#listeners.get(name) ?? new Set();
      this.#listeners.set(name, listeners.add(listener));
    }
    return this;
  }

  off(names: string, listener: (...values: never[]) => void): this {
    for (const name of names.split(' ')) this.#listeners.get(name)?.delete(listener);
    return this;
  }

  once(names: string, listener: (...values: never[]) => void): this {
    const wrapped = (...values: never[]) => {
      this.off(names, wrapped);
      listener(...values);
    };
    return this.on(names, wrapped);
  }

  trigger(name: string, ...values: unknown[]): void {
    // Who listens knows what comes.
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(...(values as never[]));
  }
}

type Attributes = Record<string, unknown>;

/** An object whose attributes tell of their changes, to its own listeners and to those of the collections it is in. */
export class Model extends Emitter {
  [attribute: string]: unknown;
  readonly #names = new Set<string>();
  readonly #collections = new Set<Emitter>();

  constructor(attributes: Attributes) {
    super();
    this.#keep(attributes);
  }

  #keep(attributes: Attributes): void {
    for (const name of Object.keys(attributes)) this.#names.add(name);
    Object.assign(this, attributes);
  }

  joined(collection: Emitter): void {
    this.#collections.add(collection);
  }

  set(attributes: Attributes): this {
    for (const [name, value] of Object.entries(attributes)) {
      const previous = this[name];
      this.#keep({ [name]: value });
      if (previous === value) continue;
      this.trigger(`change:${name}`, this, value, previous);
      for (const collection of this.#collections) {
        collection.trigger(`change:${name}`, this, value, previous);
        collection.trigger('change', this);
      }
    }
    return this;
  }

  serialize(): Attributes {
    return Object.fromEntries([...this.#names].map((name) => [name, this[name]]));
  }

  toJSON(): Attributes {
    return this.serialize();
  }
}

const keyOf = (id: unknown): string =>
  typeof id === 'object' && id !== null && '_serialized' in id ? String(id._serialized) : String(id);

export class Collection<Member extends Model = Model> extends Emitter {
  readonly #members = new Map<string, Member>();
  readonly modelClass: new (attributes: Attributes) => Member;

  constructor(modelClass: new (attributes: Attributes) => Member) {
    super();
    this.modelClass = modelClass;
  }

  add(given: Member | Attributes): Member {
    const member = given instanceof this.modelClass ? given : new this.modelClass(given);
    member.joined(this);
    this.#members.set(keyOf(member['id']), member);
    this.trigger('add', member);
    return member;
  }

  get(id: unknown): Member | undefined {
    return this.#members.get(keyOf(id));
  }

  remove(member: Member): void {
    this.#members.delete(keyOf(member['id']));
    this.trigger('remove', member);
  }

  getModelsArray(): Member[] {
    return [...this.#members.values()];
  }
}

/** The name of a chat or person: `966500000001@c.us`, `1203@lid`, `123-456@g.us`. */
export class Wid {
  readonly _serialized: string;
  readonly user: string;
  readonly server: string;

  constructor(serialized: string) {
    const [user = '', server = ''] = serialized.split('@');
    Object.assign(this, { _serialized: serialized, user, server });
    this._serialized = serialized;
    this.user = user;
    this.server = server;
  }

  isGroup = () => this.server === 'g.us';
  isLid = () => this.server === 'lid';
  isUser = () => this.server === 'c.us' || this.server === 'lid';
  isStatus = () => this._serialized === 'status@broadcast';
  isNewsletter = () => this.server === 'newsletter';
  toString = () => this._serialized;
  toJid = () => this._serialized;
  equals = (other: unknown) => keyOf(other) === this._serialized;
}

export function toWid(name: unknown): Wid {
  if (name instanceof Wid) return name;
  const serialized = keyOf(name);
  if (!serialized.includes('@')) throw new Error(`wid error: invalid wid ${serialized}`);
  return new Wid(serialized);
}

/** What tells one message from all others. */
export class MsgKey {
  readonly fromMe: boolean;
  readonly remote: Wid;
  readonly id: string;
  readonly _serialized: string;

  constructor(parts: { id: string; to?: Wid; remote?: Wid; selfDir?: string; fromMe?: boolean }) {
    this.fromMe = parts.fromMe ?? parts.selfDir === 'out';
    this.remote = toWid(parts.remote ?? parts.to);
    this.id = parts.id;
    this._serialized = `${this.fromMe}_${this.remote._serialized}_${this.id}`;
  }

  static async newId(): Promise<string> {
    const bytes = [...crypto.getRandomValues(new Uint8Array(9))];
    return `3EB0${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`.toUpperCase();
  }
}
