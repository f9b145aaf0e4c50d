import mongoose, { Schema, type Connection, type Model } from 'mongoose';
import { StoreUnavailable } from '../../domain/errors.ts';
import type { CollectionDeclaration, Store } from '../../ports/store.ts';
import { checkDeclarations } from '../../ports/store-rules.ts';
import { indexKeys, sortBy, type MongoRecord } from './filters.ts';
import { gridFsBlobs } from './gridfs-blobs.ts';
import { writeBatch } from './mongo-batch.ts';
import { mongoCollection } from './mongo-collection.ts';
import { translated } from './mongo-errors.ts';

const pingLimitMs = 2_000;
const defaultDatabase = 'wasl';

/**
 * The store on MongoDB. A write resolves when a majority of the replica set has it in its journal; reads come from the primary.
 * Indexes are made before it resolves. The database is the one the URI names, else "wasl".
 * @throws StoreUnavailable when no server can be reached within three seconds.
 */
export async function openMongoStore(settings: {
  readonly uri: string;
  readonly collections: readonly CollectionDeclaration[];
}): Promise<Store> {
  checkDeclarations(settings.collections);
  const connection = await translated('MongoDB', () => connect(settings.uri));
  try {
    return await openOn(connection, settings.collections);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function connect(uri: string): Promise<Connection> {
  return mongoose
    .createConnection(uri, {
      ...(namesDatabase(uri) ? {} : { dbName: defaultDatabase }),
      autoCreate: false,
      autoIndex: false,
      bufferCommands: false,
      writeConcern: { w: 'majority', journal: true },
      readPreference: 'primary',
      // What a failover could take back is not acted upon. Writes wait for the majority, so they are all seen.
      readConcern: { level: 'majority' },
      serverSelectionTimeoutMS: 3_000,
      connectTimeoutMS: 3_000,
      socketTimeoutMS: 20_000,
      waitQueueTimeoutMS: 5_000,
      maxPoolSize: 32,
    })
    .asPromise();
}

async function openOn(connection: Connection, collections: readonly CollectionDeclaration[]): Promise<Store> {
  const targets = new Map(
    collections.map((declared) => {
      const model = toModel(connection, declared);
      return [declared.name, { declared, model, collection: mongoCollection(declared, model) }];
    }),
  );
  for (const { declared, model } of targets.values()) await createIndexes(declared, model);
  const targetOf = (name: string) => {
    const found = targets.get(name);
    if (found === undefined) throw new TypeError(`no collection "${name}" is declared`);
    return found;
  };
  const database = connection.db;
  if (database === undefined) throw new StoreUnavailable('MongoDB: the connection is closed');
  return {
    collection: (name) => targetOf(name).collection,
    batch: (writes) => writeBatch(targetOf, writes),
    blobs: gridFsBlobs(database),
    async ping() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new StoreUnavailable('MongoDB: no answer in two seconds')), pingLimitMs);
      });
      const answer = translated('MongoDB', () => database.command({ ping: 1 }));
      await Promise.race([answer, late]).finally(() => clearTimeout(timer));
    },
    close: () => connection.close(),
  };
}

/** A model that takes documents as they are; only the index fields are named. */
function toModel(connection: Connection, declared: CollectionDeclaration): Model<MongoRecord> {
  const fields = new Set(Object.values(declared.indexes).flatMap((index) => index.fields));
  const schema = new Schema<MongoRecord>(
    {
      _id: { type: String, required: true },
      ...Object.fromEntries([...fields].map((field) => [field, { type: Schema.Types.Mixed }])),
    },
    {
      id: false,
      versionKey: false,
      strict: false,
      minimize: false,
      collection: declared.name,
      suppressReservedKeysWarning: true,
    },
  );
  return connection.model<MongoRecord>(declared.name, schema);
}

/**
 * Makes the declared indexes; one whose declaration changed is made anew. Indexes of other names are left alone: during an upgrade
 * they may be another process's. All keys go one way, so that one walk serves both orders; without its first field a document is
 * not in the index (https://www.mongodb.com/docs/manual/core/index-partial/).
 */
async function createIndexes(declared: CollectionDeclaration, model: Model<MongoRecord>): Promise<void> {
  for (const [name, { fields, unique }] of Object.entries(declared.indexes)) {
    const create = () =>
      model.collection.createIndex(sortBy(indexKeys(declared, name), 1), {
        name,
        ...(unique === true ? { unique: true } : {}),
        partialFilterExpression: { [fields[0] ?? '_id']: { $exists: true } },
      });
    await translated(`collection "${declared.name}", index "${name}"`, async () => {
      try {
        await create();
      } catch (error) {
        if (!isIndexConflict(error)) throw error;
        await model.collection.dropIndex(name);
        await create();
      }
    });
  }
}

/** IndexOptionsConflict and IndexKeySpecsConflict: there is another index of this name. */
function isIndexConflict(error: unknown): boolean {
  return error instanceof mongoose.mongo.MongoServerError && (error.code === 85 || error.code === 86);
}

/** Whether the URI has a path, `mongodb://host,host/NAME?options`. */
function namesDatabase(uri: string): boolean {
  return /^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/.test(uri);
}
