"""Objective-C with NSURLSession."""

from waystation.control.docs_site.samples.request import (
    BOUNDARY,
    WAIT_SECONDS,
    Language,
    SampleRequest,
    Variant,
    by_hand,
    lines,
    pretty,
    quoted,
)

_UTF8 = "dataUsingEncoding:NSUTF8StringEncoding"


def _string(text: str) -> str:
    rows = text.split("\n")
    ends = ["\n"] * (len(rows) - 1) + [""]
    joined = [quoted(row + end) for row, end in zip(rows, ends, strict=True)]
    return "@" + "\n      ".join(joined)


def _form(request: SampleRequest) -> list[str]:
    made = ["    NSMutableData *body = [NSMutableData data];"]
    for (head, value), part in zip(by_hand(request.form), request.form, strict=True):
        made.append(f"    [body appendData:[@{quoted(head)} {_UTF8}]];")
        content = f"[@{quoted(value)} {_UTF8}]"
        if part.file:
            content = f"[NSData dataWithContentsOfFile:@{quoted(value)}]"
        made.append(f"    [body appendData:{content}];")
        made.append(f'    [body appendData:[@"\\r\\n" {_UTF8}]];')
    made.append(f'    [body appendData:[@"--{BOUNDARY}--\\r\\n" {_UTF8}]];')
    made.append("    request.HTTPBody = body;")
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    made.append(f'    [request setValue:@"{kind}" forHTTPHeaderField:@"Content-Type"];')
    return made


_PRINTER = """
@interface Printer : NSObject <NSURLSessionDataDelegate>
@property (strong) dispatch_semaphore_t done;
@end

@implementation Printer
- (void)URLSession:(NSURLSession *)session
          dataTask:(NSURLSessionDataTask *)task
    didReceiveData:(NSData *)data {
  [NSFileHandle.fileHandleWithStandardOutput writeData:data];
}

- (void)URLSession:(NSURLSession *)session
                    task:(NSURLSessionTask *)task
    didCompleteWithError:(NSError *)error {
  dispatch_semaphore_signal(self.done);
}
@end"""
_STREAMED = """\
    Printer *printer = [Printer new];
    printer.done = dispatch_semaphore_create(0);
    NSURLSession *session = [NSURLSession
      sessionWithConfiguration:NSURLSessionConfiguration.defaultSessionConfiguration
      delegate:printer delegateQueue:nil];
    [[session dataTaskWithRequest:request] resume];
    dispatch_semaphore_wait(printer.done, DISPATCH_TIME_FOREVER);"""


def _whole(request: SampleRequest) -> list[str]:
    told = "[NSFileHandle.fileHandleWithStandardOutput writeData:data];"
    if request.saves:
        told = f"[data writeToFile:@{quoted(request.saves)} atomically:YES];"
    return [
        "    dispatch_semaphore_t done = dispatch_semaphore_create(0);",
        "    [[NSURLSession.sharedSession dataTaskWithRequest:request",
        "      completionHandler:^(NSData *data, NSURLResponse *response, NSError *error) {",
        f"        if (data) {told}",
        '        else NSLog(@"%@", error);',
        "        dispatch_semaphore_signal(done);",
        "      }] resume];",
        "    dispatch_semaphore_wait(done, DISPATCH_TIME_FOREVER);",
    ]


def _session(request: SampleRequest) -> str:
    made = ["#import <Foundation/Foundation.h>", *([_PRINTER] if request.streamed else []), ""]
    made += ["int main(void) {", "  @autoreleasepool {"]
    made.append(f"    NSURL *url = [NSURL URLWithString:@{quoted(request.url)}];")
    made.append(
        "    NSMutableURLRequest *request = [NSMutableURLRequest requestWithURL:url];",
    )
    made.append(f"    request.HTTPMethod = @{quoted(request.method)};")
    made.append(f"    request.timeoutInterval = {WAIT_SECONDS};")
    for name, value in request.all_headers:
        said = f"setValue:@{quoted(value)} forHTTPHeaderField:@{quoted(name)}"
        made.append(f"    [request {said}];")
    if request.json is not None:
        made.append(f"    NSString *json = {_string(pretty(request.json))};")
        made.append(f"    request.HTTPBody = [json {_UTF8}];")
    if request.form:
        made += _form(request)
    made += [_STREAMED] if request.streamed else _whole(request)
    return lines(*made, "  }", "  return 0;", "}")


OBJECTIVE_C = Language(
    "objective-c",
    "Objective-C",
    (Variant("nsurlsession", "NSURLSession", "objectivec", _session),),
)
