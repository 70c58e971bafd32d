# A toy of the module system: imports, options with defaults and types, mkIf, mkMerge, mkOverride,
# mkOrder. What no option declares is merged by its form, but its first two names must be among
# the base's known ones: a misspelt option of the upstream fails here.
{ lib }:
{
  pkgsFor,
  base,
}:
{
  modules,
  pkgs ? null,
  specialArgs ? { },
  ...
}@args:
let
  properties = [
    "if"
    "merge"
    "override"
    "order"
  ];
  isPlain = value: builtins.isAttrs value && !(value ? _type) && !(value ? outPath);

  # One definition: its value without properties, and what they said.
  plain = value: {
    inherit value;
    active = true;
    priority = 100;
    order = 1000;
  };
  unfold =
    definition:
    let
      v = definition.value;
    in
    if !(builtins.isAttrs v && lib.elem (v._type or "") properties) then
      [ definition ]
    else if v._type == "merge" then
      lib.concatMap (value: unfold (definition // { inherit value; })) v.contents
    else
      unfold (
        definition
        // {
          value = v.content;
        }
        // lib.optionalAttrs (v._type == "if") { active = definition.active && v.condition; }
        // lib.optionalAttrs (v._type == "override") { inherit (v) priority; }
        // lib.optionalAttrs (v._type == "order") { order = v.priority; }
      );

  merge =
    path: declared: definitions:
    let
      all = lib.concatMap unfold definitions;
      names = lib.unique (
        builtins.attrNames declared ++ lib.concatMap (d: builtins.attrNames d.value) all
      );
      child =
        name:
        merge (path ++ [ name ]) (declared.${name} or { }) (
          map (d: d // { value = d.value.${name}; }) (lib.filter (d: d.value ? ${name}) all)
        );
    in
    if declared ? _type then
      mergeOption path declared all
    else if declared != { } || (all != [ ] && builtins.all (d: isPlain d.value) all) then
      lib.genAttrs names child
    else
      mergeLeaf path all;

  mergeOption =
    path: option: definitions:
    let
      live = lib.filter (d: d.active) definitions;
      value = if live == [ ] then option.default else mergeLeaf path definitions;
    in
    if option.type.check value then
      value
    else
      throw "${lib.concatStringsSep "." path} is not of type ${option.type.name}";

  mergeLeaf =
    path: definitions:
    let
      live = lib.filter (d: d.active) definitions;
      strongest = builtins.foldl' (p: d: if d.priority < p then d.priority else p) 9999 live;
      chosen = builtins.sort (a: b: a.order < b.order) (
        lib.filter (d: d.priority == strongest) live
      );
      values = map (d: d.value) chosen;
    in
    if values == [ ] then
      null
    else if builtins.isList (lib.head values) then
      builtins.concatLists values
    else if builtins.length values == 1 || builtins.all (v: v == lib.head values) values then
      lib.head values
    else if builtins.all builtins.isString values then
      lib.concatStringsSep "\n" values
    else
      throw "${lib.concatStringsSep "." path} is defined twice";

  arguments = specialArgs // {
    inherit lib;
    config = merged;
    pkgs = if pkgs != null then pkgs else pkgsFor merged.nixpkgs.hostPlatform;
  };
  collect =
    module:
    let
      m =
        if builtins.isAttrs module then
          module
        else if builtins.isFunction module then
          module arguments
        else
          collectPath module;
      collectPath =
        path:
        let
          loaded = import path;
        in
        if builtins.isFunction loaded then loaded arguments else loaded;
    in
    [
      {
        options = m.options or { };
        config = m.config or (removeAttrs m [
          "imports"
          "options"
        ]);
      }
    ]
    ++ lib.concatMap collect (m.imports or [ ]);

  all = lib.concatMap collect ([ base.module ] ++ modules);
  options = builtins.foldl' lib.recursiveUpdate { } (map (m: m.options) all);
  merged = merge [ ] options (map (m: plain m.config) all);

  declared = lib.concatMap (
    first: map (second: "${first}.${second}") (builtins.attrNames options.${first})
  ) (builtins.attrNames options);
  isKnown = path: lib.elem path base.known || lib.elem path declared;
  unknown = lib.concatMap (
    first:
    if builtins.isAttrs (merged.${first}) && isPlain merged.${first} then
      lib.filter (path: !(isKnown path)) (
        map (second: "${first}.${second}") (builtins.attrNames merged.${first})
      )
    else
      lib.filter (path: !(isKnown path)) [ first ]
  ) (builtins.attrNames merged);
  # None are live where a module is switched off.
  assertions = merged.assertions or null;
  failed = lib.filter (a: !a.assertion) (if assertions == null then [ ] else assertions);
in
base.result arguments.pkgs {
  inherit options;
  inherit (arguments) pkgs;
  extendModules =
    more:
    import ./modules.nix { inherit lib; } { inherit pkgsFor base; } (
      args // { modules = modules ++ more.modules; }
    );
  config =
    if unknown != [ ] then
      throw "no such option: ${lib.concatStringsSep ", " unknown}"
    else if failed != [ ] then
      throw (lib.concatMapStringsSep "\n" (a: a.message) failed)
    else
      merged;
}
