// A small made-up picture (colours from a formula, nobody in it) whose code is known. Before any picture is read, this one is
// decoded and coded; if the answer differs, this browser can't make codes that would work, and the page says so.

export const SAMPLE_CODE = 'f68759dfcf578be9a88f316035d2e3302ffa837005d24360b80ee8c991469cde';
export const SAMPLE_QUALITY = 100;

/** JPEG, 80x64 pixels, base64. */
export const SAMPLE_JPEG =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABcQERQRDhcUEhQaGBcbIjklIh8fIkYyNSk5UkhXVVFIUE5bZoNvW2F8Yk5QcptzfIeLkpSSWG2grJ+OqoOP' +
  'ko3/2wBDARgaGiIeIkMlJUONXlBejY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY3/wAARCABAAFADASIAAhEB' +
  'AxEB/8QAGQAAAwEBAQAAAAAAAAAAAAAAAgMEAQUA/8QAIxAAAQQCAQUAAwAAAAAAAAAAAAECAxEEEiITFCExQRUjYf/EABgBAQEBAQEAAAAAAAAAAAAA' +
  'AAMEAgEF/8QAIxEAAgIBBAICAwAAAAAAAAAAAQIAAxEEEhMhIjEUMkFCYf/aAAwDAQACEQMRAD8A53ZKvwKPBVi3R0Hu0QV3FrRq5nL4HqUnb7go3VtC' +
  'nttSlOQaQX8NWhVXMCzU7elk8UNhvh1KETpguduYGoYLgTVYNnZkzUtShkfizYobUtZBw9HBqH/MoJFYxI+poA6f+lUmLfwkkx1aB8gFoFab3y0U+TqI' +
  'LZCt2MjiofWqFdgYNGr2MuZkbaLI08ELZOVF8HJDtm1xiQ2CnMRMgEbLK3xWAjNTgRAO4g1KIuFjImUVsSmkaS6hd1Seya1C30k41O8+Uoevg5+Q4Y/J' +
  'v6Tv/YCtS5/stJKpkREctj62QgauhTjzbLRRZzmZqK1ptMa3HXay2FmqBRNtlmOfqApdTPPsUE5EJzqESPAkmErJsY5WLYM3WtX7TVdanlRasX6M6vwu' +
  'rbA6g6lUBHHBe6lGRPFq3Y8nEDHlkSyu8Mu1pO1OoV4+MrVslxVqjopLqw011pPUK5u+5ZH4ZRj49kOe7O1+mfkvHsFzYfUwnvubkJqZjM3UknzNxmFk' +
  'UotdQI8vco4UYZnUdicLokdjKji9uVsxEBctpYmQnULgxI0jpBb2jpZNUIZsmh1RPtNClZ//2Q==';
