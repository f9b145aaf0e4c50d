/** A vector by the places that are not zero. */
export interface SparseVector {
  readonly ids: Int32Array;
  readonly values: Float32Array;
}

/** Rows of (column, value), one after another: row `r` is `starts[r]` to `starts[r + 1]` of `columns` and `values`. */
export interface SparseMatrix {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

export function toMatrix(rows: readonly SparseVector[]): SparseMatrix {
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, index) => {
    starts[index + 1] = starts[index]! + row.ids.length;
  });
  const columns = new Int32Array(starts[rows.length]!);
  const values = new Float32Array(columns.length);
  rows.forEach((row, index) => {
    columns.set(row.ids, starts[index]);
    values.set(row.values, starts[index]);
  });
  return { starts, columns, values };
}

/** One row of a matrix, as a view of it. */
export function rowOf({ starts, columns, values }: SparseMatrix, row: number): SparseVector {
  return {
    ids: columns.subarray(starts[row], starts[row + 1]),
    values: values.subarray(starts[row], starts[row + 1]),
  };
}

/** Rows become columns; the rows named within each new row rise. */
export function transpose(matrix: SparseMatrix, columnCount: number): SparseMatrix {
  const starts = new Int32Array(columnCount + 1);
  for (const column of matrix.columns) starts[column + 1]! += 1;
  for (let column = 0; column < columnCount; column++) starts[column + 1]! += starts[column]!;
  const columns = new Int32Array(matrix.columns.length);
  const values = new Float32Array(matrix.columns.length);
  const next = starts.slice();
  for (let row = 0; row + 1 < matrix.starts.length; row++) {
    for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++) {
      const target = next[matrix.columns[at]!]!++;
      columns[target] = row;
      values[target] = matrix.values[at]!;
    }
  }
  return { starts, columns, values };
}

/** Adds `vector x matrix` to `sums`, where the matrix has a row for each id of the vector. */
export function addProduct(vector: SparseVector, matrix: SparseMatrix, sums: Float32Array): void {
  const { starts, columns, values } = matrix;
  for (let place = 0; place < vector.ids.length; place++) {
    const row = vector.ids[place]!;
    const weight = vector.values[place]!;
    for (let at = starts[row]!, end = starts[row + 1]!; at < end; at++) sums[columns[at]!]! += weight * values[at]!;
  }
}

/** The product of one row with a dense vector. */
export function rowProduct({ starts, columns, values }: SparseMatrix, row: number, dense: Float32Array): number {
  let sum = 0;
  for (let at = starts[row]!, end = starts[row + 1]!; at < end; at++) sum += dense[columns[at]!]! * values[at]!;
  return sum;
}
