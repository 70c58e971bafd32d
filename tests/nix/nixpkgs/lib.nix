# The part of nixpkgs' lib that this project uses, with the same meaning.
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    genList
    hasAttr
    isString
    length
    listToAttrs
    map
    match
    replaceStrings
    split
    stringLength
    substring
    ;
  nameValuePair = name: value: { inherit name value; };
  optionals = condition: list: if condition then list else [ ];
  optionalString = condition: text: if condition then text else "";
  property = type: content: content // { _type = type; };
in
rec {
  inherit (builtins)
    any
    concatMap
    concatStringsSep
    elem
    filter
    head
    listToAttrs
    mapAttrs
    replaceStrings
    ;
  inherit nameValuePair optionals optionalString;
  optional = condition: value: optionals condition [ value ];

  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
  filterAttrs =
    keep: set:
    listToAttrs (
      concatMap (name: optionals (keep name set.${name}) [ (nameValuePair name set.${name}) ]) (
        attrNames set
      )
    );
  optionalAttrs = condition: set: if condition then set else { };
  attrByPath =
    path: default: set:
    if path == [ ] then
      set
    else if hasAttr (builtins.head path) set then
      attrByPath (builtins.tail path) default set.${builtins.head path}
    else
      default;
  unique = foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];

  concatMapStrings = f: list: concatStringsSep "" (map f list);
  concatMapStringsSep =
    separator: f: list:
    concatStringsSep separator (map f list);
  concatStrings = concatStringsSep "";
  splitString =
    separator: text: filter isString (split (escape [ "." "+" "*" "\\" ] separator) text);
  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  hasSuffix =
    suffix: text:
    let
      n = stringLength text - stringLength suffix;
    in
    n >= 0 && substring n (stringLength suffix) text == suffix;
  removeSuffix =
    suffix: text:
    if hasSuffix suffix text then
      substring 0 (stringLength text - stringLength suffix) text
    else
      text;
  escape = characters: replaceStrings characters (map (c: "\\" + c) characters);
  escapeShellArg =
    value:
    let
      text = toString value;
    in
    if match "[[:alnum:],._+:@%/-]+" text != null then
      text
    else
      "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";
  makeBinPath = packages: concatMapStringsSep ":" (p: "${p}/bin") packages;
  importJSON = path: builtins.fromJSON (builtins.readFile path);
  getName = package: package.pname or (builtins.parseDrvName package.name).name;
  getExe = package: "${package}/bin/${package.meta.mainProgram}";
  cleanSource = path: path;
  # As nixpkgs does: a store path's name has a narrower character set.
  strings.sanitizeDerivationName =
    name:
    concatMapStrings (c: if match "[[:alnum:]+._?=-]" c != null then c else "-") (characters name);
  characters = text: genList (i: substring i 1 text) (stringLength text);
  recursiveUpdate =
    a: b:
    let
      one = name: value: if a ? ${name} then recursiveUpdate a.${name} value else value;
    in
    if builtins.isAttrs a && builtins.isAttrs b then
      a // builtins.mapAttrs one b
    else
      b;

  mkOption = property "option";
  literalExpression = text: property "literalExpression" { inherit text; };
  mkIf = condition: content: property "if" { inherit condition content; };
  mkMerge = contents: property "merge" { inherit contents; };
  mkOverride = priority: content: property "override" { inherit priority content; };
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  mkOrder = priority: content: property "order" { inherit priority content; };
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
  platforms.all = [ ];
  platforms.unix = [ ];
  licenses.mit = { };
  licenses.asl20 = { };

  # Named and described as nixpkgs does: options.md shows the descriptions.
  types = rec {
    type = name: description: check: { inherit name description check; };
    bool = type "bool" "boolean" builtins.isBool;
    str = type "str" "string" isString;
    path = type "path" "absolute path" (x: hasPrefix "/" (toString x));
    package = type "package" "package" (x: x ? outPath);
    nullOr = of: type "nullOr" "null or ${of.description}" (x: x == null || of.check x);
    listOf =
      of:
      type "listOf" "list of ${of.description}" (x: builtins.isList x && builtins.all of.check x);
  };
}
